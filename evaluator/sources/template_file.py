"""Reads the files of templates: the template itself, and its parameters' values."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from evaluator.sources.arm_values import Value, literal
from evaluator.sources.json_document import JsonDocument, JsonNode
from generator.diagnostics import Location, Problem, Span
from generator.source import SourceError

MAX_BYTES: Final = 20_000_000


def members(node: JsonNode | None) -> Iterator[tuple[str, JsonNode]]:
    """Yield the properties of an object; nothing of anything else."""
    if node is not None and isinstance(node.data, dict):
        yield from node.data.items()


def secret(parameter: JsonNode, name: str) -> Value:
    """Make the value of a parameter that has none in the file, such as a key vault's secret."""
    reason = f"the parameter `{name}` is a secret, or has no value"
    return Value(f"{{{name}}}", parameter, unknown=reason)


def read_parameters(path: Path) -> dict[str, Value]:
    """Read a parameter file; the names are in lower case.

    Raises:
        SourceError: it cannot be read, or has no parameters.
    """
    root = read_document(path).root
    parameters = root.get("parameters") or root
    values = {}
    for name, parameter in members(parameters):
        value = parameter.get("value")
        values[name.lower()] = literal(value) if value else secret(parameter, name)
    if not values:
        fix = 'write {"parameters": {"NAME": {"value": ...}}}'
        message = "it has no parameters"
        raise SourceError([Problem("template/parameters", message, root.location(), fix)])
    return values


def read_document(path: Path) -> JsonDocument:
    """Read a file as JSON; a byte-order mark at its beginning is skipped.

    Raises:
        SourceError: it cannot be read, or is no JSON.
    """
    file = path.as_posix()
    if path.suffix in {".bicep", ".bicepparam"}:
        fix = f"run `bicep build {file}` and name the JSON that it writes"
        place = Location(file, Span(1, 1, 1, 2), "")
        problem = Problem("template/not-compiled", f"{file} is not compiled", place, fix)
        raise SourceError([problem])
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(file, "it is not a regular file", "name a file")
        if status.st_size > MAX_BYTES:
            message = f"it has {status.st_size:,} bytes, more than the {MAX_BYTES:,} that are read"
            raise _unreadable(file, message, "name a smaller one: Azure takes 4 MB")
        return JsonDocument(path.read_bytes().decode("utf-8-sig"), file)
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise _unreadable(file, what, "check the path and its permissions") from None
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise _unreadable(file, what, "save it as UTF-8") from None


def _unreadable(file: str, what: str, fix: str) -> SourceError:
    location = Location(file, Span(1, 1, 1, 2), "")
    return SourceError([Problem("template/unreadable", f"{file}: {what}", location, fix)])
