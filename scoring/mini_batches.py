"""Scores the files of a mini-batch, keeps what the model said, and tells how it went."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from generator.diagnostics import printable
from monitoring.telemetry.sink import Sink
from scoring.circuits import circuit_of_path
from scoring.collector import Collector
from scoring.errors import FileError
from scoring.forecasts import Forecast, Scorer
from scoring.telling import short_name, statistics, tell_completed, tell_failed

_log = logging.getLogger("mlmon.scoring")
Line = dict[str, str | int | float]


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
        outcomes: list[Forecast | FileError] = []
        kept = []
        for path in paths:
            outcomes.append(outcome := self._score(path))
            if isinstance(outcome, Forecast):
                kept.append(self.collector.keep(outcome))
        forecasts = [each for each in outcomes if isinstance(each, Forecast)]
        stored = self.collector.commit(kept)
        for path, outcome in zip(paths, outcomes, strict=True):
            if isinstance(outcome, FileError):
                self._fail(path, outcome)
        lines = []
        for forecast, size in zip(forecasts, stored, strict=True):
            described = statistics(forecast)
            self._tell(partial(tell_completed, self.sink, forecast, described, size))
            lines.append(_line(forecast, described))
        _log.info("%d of %d files scored", len(forecasts), len(paths))
        return lines

    def _score(self, path: Path) -> Forecast | FileError:
        try:
            return self.scorer.score(path)
        except FileError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one file must not end the others' scoring
            what = f"the file cannot be read ({type(error).__name__}: {error})"
            return FileError("malformed-file", what, "write it anew")

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


def _line(forecast: Forecast, described: Mapping[str, float]) -> Line:
    circuit, size = forecast.rows.circuit, int(forecast.finite.sum())
    return {
        "file": short_name(forecast.path),
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "model_name": circuit.model_name,
        "model_version": circuit.model_version or "",
        "records": size,
        "without_prediction": forecast.predictions.size - size,
        "latency_ms": round(forecast.latency_ms, 3),
        **described,
    }
