"""What a misspelt name was meant to be."""

import difflib
from collections.abc import Iterable


def close_name(name: str, known: Iterable[str]) -> str:
    """Find the known name that is most like another one; empty if none is.

    In small letters: a wrong case is no greater mistake than a wrong letter.
    """
    names = {other.casefold(): other for other in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.casefold(), names, 1)
    return names[close[0]] if close else ""
