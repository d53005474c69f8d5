"""Scores the files of a mini-batch, keeps what the model said, and tells how it went."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from generator.diagnostics import printable
from monitoring.telemetry.sink import Sink
from scoring.circuits import circuit_of_path
from scoring.collector import Collector, StoredFile
from scoring.errors import FileError
from scoring.forecasts import Scorer
from scoring.telling import Line, ScoredFile, short_name, tell_completed, tell_failed

_log = logging.getLogger("mlmon.scoring")


@dataclass(slots=True)
class MiniBatches:
    """What scores one mini-batch after another."""

    scorer: Scorer
    collector: Collector
    sink: Sink
    failed: int = 0
    """Files that could not be scored so far."""
    _broken: bool = field(default=False, repr=False)

    def score(self, paths: Sequence[Path]) -> list[Line]:
        """Score files; one that cannot be scored is told of, and has no line.

        Raises:
            SourceError: predictions cannot be stored; nothing was told of the files then.
        """
        kept: list[Future[StoredFile]] = []
        outcomes = [self._score(path, kept) for path in paths]
        stored = self.collector.commit(kept)
        for path, outcome in zip(paths, outcomes, strict=True):
            if isinstance(outcome, FileError):
                self._fail(path, outcome)
        scored = [each for each in outcomes if isinstance(each, ScoredFile)]
        for file, size in zip(scored, stored, strict=True):
            self._tell(partial(tell_completed, self.sink, file, size))
        _log.info("%d of %d files scored", len(scored), len(paths))
        return [file.line for file in scored]

    def _score(self, path: Path, kept: list[Future[StoredFile]]) -> ScoredFile | FileError:
        try:
            forecast = self.scorer.score(path)
        except FileError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one file must not end the others' scoring
            what = f"the file cannot be read ({type(error).__name__}: {error})"
            return FileError("malformed-file", what, "write it anew")
        kept.append(self.collector.keep(forecast))
        return ScoredFile.of(forecast)

    def _fail(self, path: Path, error: FileError) -> None:
        self.failed += 1
        circuit = error.circuit or circuit_of_path(path, self.scorer.circuits)
        _log.error("%s", printable(f"{short_name(path)}: {error}"))
        self._tell(partial(tell_failed, self.sink, path, circuit, error))

    def _tell(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception as error:  # noqa: BLE001 - telemetry must not end scoring
            if not self._broken:
                _log.warning("telemetry is broken and is told no more than it takes: %s", error)
            self._broken = True
