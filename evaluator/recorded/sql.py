"""SQL that names files: every path and text of a user is quoted here."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import duckdb

FILE: Final = "mlmon_file"
"""Column that says which file a row is of."""
JSON_TEXT: Final = "json"
"""Column with a row of JSON."""


def text(value: str) -> str:
    """Write a string literal."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Write an identifier."""
    return '"' + name.replace('"', '""') + '"'


def file_list(paths: Iterable[Path]) -> str:
    """Write a list of files; characters that stand for several files are taken as they are."""
    return "[" + ", ".join(text(re.sub(r"([*?\[])", r"[\1]", str(path))) for path in paths) + "]"


def json_objects(paths: Sequence[Path], *, is_array: bool, is_compressed: bool) -> str:
    """Write the source whose column `json` has a row each."""
    layout = "array" if is_array else "newline_delimited"
    return (
        f"read_json_objects({file_list(paths)}, format = '{layout}', filename = '{FILE}', "
        f"hive_partitioning = false, compression = '{'gzip' if is_compressed else 'none'}')"
    )


def json_path(key: str) -> str:
    """Write the path of an object's key."""
    return text('$."' + key.replace("\\", "\\\\").replace('"', '\\"') + '"')


def sentence(error: duckdb.Error) -> str:
    """Say what is wrong with a file, without the engine's name for it and its advice."""
    first = str(error).partition("\n")[0]
    said = re.sub(r"^[A-Za-z ]*Error: ", "", first)
    said = re.sub(r"^File '.*?' ", "it is ", said)
    said = re.sub(r" ?(in|of) file ['\"].*?['\"],?", "", said)
    return said.strip().rstrip(".") or "the file cannot be understood"
