"""The jinja2 environment: nothing undefined, nothing unescaped.

Every expression of a template ends in one of these filters; a test holds templates to it.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2

from generator import escape


class Templates:
    """The templates of a folder."""

    def __init__(self, folder: Path) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - Bicep, not HTML: each expression names its filter
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._environment.filters |= FILTERS

    def render(self, template: str, /, **view: Any) -> str:
        """Render one template.

        Raises:
            jinja2.UndefinedError: the template names what the view does not have.
        """
        return self._environment.get_template(template).render(view)


def _int(value: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not an integer: {value!r}")
    return str(value)


def _bool(value: bool) -> str:
    if not isinstance(value, bool):
        raise TypeError(f"not a boolean: {value!r}")
    return "true" if value else "false"


def _decimal(value: Decimal) -> str:
    return escape.bicep_string(escape.decimal(value))


def _path(value: str) -> str:
    """A path inside a literal that the template quotes."""
    return escape.bicep_string(value)[1:-1]


def _raw(value: str) -> str:
    """A name that this generator made or validated: letters, digits and `-._[], `."""
    if not re.fullmatch(r"[A-Za-z0-9_.,\[\] -]*", value):
        raise ValueError(f"not a plain name: {value!r}")
    return value


def _fields(fields: Mapping[str, str]) -> str:
    return ", ".join(f"{escape.bicep_key(k)}: {escape.bicep_string(v)}" for k, v in fields.items())


FILTERS = {
    "bicep": escape.bicep_string,
    "key": escape.bicep_key,
    "strings": escape.bicep_strings,
    "decimal": _decimal,
    "fields": _fields,
    "int": _int,
    "bool": _bool,
    "path": _path,
    "raw": _raw,
}
