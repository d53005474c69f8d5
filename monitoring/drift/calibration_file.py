"""A calibration as a file that tells if it was changed."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from monitoring.drift.calibration import FORMAT, VERSION, Calibration
from monitoring.files import write_atomically


class CalibrationError(Exception):
    """A stored calibration cannot be used."""


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Store a calibration, the same bytes for the same limits; the old file stays until then."""
    content = calibration.model_dump(mode="json")
    document = {**content, "digest": _digest(content)}
    write_atomically(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_calibration(path: Path) -> Calibration:
    """Read a stored calibration.

    Raises:
        CalibrationError: the file is absent, unreadable, no calibration, of another version, or
            was changed after it was written.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationError(f"{path}: cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise CalibrationError(f"{path}:{error.lineno}: is not JSON: {error.msg}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CalibrationError(f"{path}: is not a file of `mlmon drift calibrate`")
    version = document.get("version")
    if version != VERSION:
        raise CalibrationError(
            f"{path}: has version {version!r}, this program reads {VERSION}: calibrate again"
        )
    digest = document.pop("digest", None)
    if digest != _digest(document):
        raise CalibrationError(f"{path}: was changed after it was written: calibrate again")
    try:
        return Calibration.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CalibrationError(f"{path}: {first['msg']} @ $.{where}") from error


def _digest(content: Mapping[str, object]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
