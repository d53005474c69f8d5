"""What the language service said before: analysing a query takes V8 a tenth of a second.

An entry is named after everything that an answer depends on, so none is ever stale. The folder may
be deleted at any time.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[2] / ".cache" / "kql"
_MAX_ENTRIES: Final = 600


class AnswerCache:
    """Answers by the query they are about."""

    def __init__(self, folder: Path, depends_on: Iterable[str]) -> None:
        """Use a folder; `depends_on` are the texts that every answer depends on."""
        self._folder = folder
        self._base = hashlib.sha256("\0".join(depends_on).encode())

    def get(self, query: str) -> Any | None:
        """Return the answer for a query; None if there is none that can be read."""
        with suppress(OSError, ValueError):  # a file may be cut short by a full disk
            return json.loads(self._path(query).read_text(encoding="utf-8"))
        return None

    def put(self, query: str, answer: str) -> None:
        """Keep an answer; where nothing can be written, the next run asks again."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(answer)
            Path(temporary).replace(self._path(query))
            self._prune()

    def _path(self, query: str) -> Path:
        digest = self._base.copy()
        digest.update(b"\0" + query.encode())
        return self._folder / f"{digest.hexdigest()}.json"

    def _prune(self) -> None:
        entries = list(self._folder.iterdir())
        if len(entries) > _MAX_ENTRIES:
            by_age = sorted(entries, key=lambda path: path.stat().st_mtime)
            for path in by_age[: _MAX_ENTRIES // 4]:
                path.unlink(missing_ok=True)
