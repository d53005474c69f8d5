"""The versions of one circuit's baseline, and which of them is in force."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from monitoring.baselines.dataset import (
    DATA_FILE,
    MLTABLE_FILE,
    from_parquet,
    mltable,
    to_parquet,
    version_of_mltable,
)
from monitoring.baselines.description import (
    DESCRIPTION_FILE,
    Description,
    from_bytes,
    to_bytes,
)
from monitoring.baselines.errors import BaselineError, MissingBaselineError
from monitoring.sensors import FloatArray
from monitoring.sources.store import Store

AUDIT_FILE: Final = "accepted.jsonl"
_RESTORE: Final = "restore the file, or accept a new baseline"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A version with its data."""

    description: Description
    values: Mapping[str, FloatArray]
    """By feature, in order of time; NaN where missing."""


class BaselineFolder:
    """The folder of one circuit and role."""

    def __init__(self, uri: str, options: Mapping[str, str] | None = None) -> None:
        """Take an address; nothing is read yet.

        Raises:
            SourceError: the address has another form.
        """
        self._store = Store(uri, options)

    @property
    def uri(self) -> str:
        """The address, without a slash at its end."""
        return self._store.uri

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time change a local folder."""
        with self._store.locked():
            yield

    def version_in_force(self) -> str | None:
        """Tell which version is in force; None if there is no baseline.

        Raises:
            BaselineError: the MLTable file is not one of this program's.
            SourceError: storage fails.
        """
        content = self._store.read(MLTABLE_FILE)
        if content is None:
            return None
        version = version_of_mltable(content)
        if version is None:
            raise BaselineError(
                "the file names no baseline of mlmon",
                f"{self.uri}/{MLTABLE_FILE}",
                "restore it, or move it away if somebody else made it",
            )
        return version

    def describe(self, version: str) -> Description:
        """Read what a version was made of.

        Raises:
            BaselineError: the file is absent, was changed, or is of another version.
            SourceError: storage fails.
        """
        where = f"{self.uri}/{version}/{DESCRIPTION_FILE}"
        content = self._store.read(f"{version}/{DESCRIPTION_FILE}")
        if content is None:
            raise BaselineError("the file is not there", where, _RESTORE)
        found = from_bytes(content, where)
        if found.baseline != version:
            raise BaselineError(f"the file is of {found.baseline}", where, _RESTORE)
        return found

    def in_force(self) -> Description:
        """Describe the version that is in force.

        Raises:
            MissingBaselineError: there is none.
            BaselineError: it cannot be used.
            SourceError: storage fails.
        """
        version = self.version_in_force()
        if version is None:
            raise MissingBaselineError(
                "there is no baseline", self.uri, "write one with `mlmon baseline create`"
            )
        return self.describe(version)

    def load(self, description: Description) -> Baseline:
        """Read the data of a version, held against their digest before they are looked at.

        Raises:
            BaselineError: the file is absent or was changed.
            SourceError: storage fails.
        """
        where = f"{self.uri}/{description.baseline}/{DATA_FILE}"
        content = self._store.read(f"{description.baseline}/{DATA_FILE}")
        if content is None:
            raise BaselineError("the file is not there", where, _RESTORE)
        if hashlib.sha256(content).hexdigest() != description.file_digest:
            raise BaselineError("the file was changed after it was written", where, _RESTORE)
        try:
            values = from_parquet(content)
        except (pa.ArrowException, OSError) as error:
            raise BaselineError(f"the file is no Parquet ({error})", where, _RESTORE) from None
        if list(values) != [each.feature for each in description.features]:
            raise BaselineError("the file has other columns than described", where, _RESTORE)
        return Baseline(description, values)

    def write(self, baseline: Baseline) -> Description:
        """Write a version, data first; one that is there already whole stays as it is.

        Returns:
            The version as it is stored.

        Raises:
            SourceError: storage fails.
        """
        name = baseline.description.baseline
        try:
            found = self.describe(name)
            self.load(found)
        except BaselineError:
            content = to_parquet(baseline.values)
            digest = hashlib.sha256(content).hexdigest()
            found = baseline.description.model_copy(update={"file_digest": digest})
            self._store.write(f"{name}/{DATA_FILE}", content)
            self._store.write(f"{name}/{DESCRIPTION_FILE}", to_bytes(found))
        return found

    def put_in_force(self, version: str) -> None:
        """Name a version in the MLTable file: the one step that changes what everybody reads.

        Raises:
            SourceError: storage fails.
        """
        self._store.write(MLTABLE_FILE, mltable(version).encode())

    def audit_log(self) -> list[dict[str, Any]]:
        """Read who accepted what, oldest first.

        Raises:
            BaselineError: a line is no JSON object.
            SourceError: storage fails.
        """
        content = self._store.read(AUDIT_FILE) or b""
        entries = []
        for number, line in enumerate(content.splitlines(), 1):
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            if not isinstance(entry, dict):
                raise BaselineError(
                    "the line is no JSON object",
                    f"{self.uri}/{AUDIT_FILE}:{number}",
                    "correct it by hand: the log is never written anew without its past",
                )
            entries.append(entry)
        return entries

    def log(self, entry: Mapping[str, object]) -> None:
        """Add a line to the log of acceptances, unless its last line is of the same change.

        Raises:
            BaselineError: the log cannot be read.
            SourceError: storage fails.
        """
        entries = self.audit_log()
        change = ("from", "to")
        if entries and all(entries[-1].get(name) == entry[name] for name in change):
            return
        lines = [*entries, dict(entry)]
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines)
        self._store.write(AUDIT_FILE, text.encode())
