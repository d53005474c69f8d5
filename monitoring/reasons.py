"""Reasons of results where their circuit is named beside them. Pure."""

import re


def without_key(reason: str, key: str) -> str:
    """Take a circuit's name, `PLANT/CIRCUIT`, out of a reason that is shown beside it.

    Sentences that began with it begin with a capital letter all the same; a feature's name has its
    own spelling, so that a word stands before it.
    """
    name = re.escape(key)
    plain = re.sub(f"{name}: (.)", lambda found: found[1].upper(), reason)
    of_features = re.sub(f"{name} ([^:.;]+: )", r"Feature \1", plain)
    return of_features.replace(f"{key} ", "").strip()
