"""The table of every run's records: a row for each circuit, model and version of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import pyarrow as pa

from monitoring.record_tables import Record, RecordKind
from monitoring.windows import Windows

_INSTANT: Final = pa.timestamp("us", tz="UTC")
_MEASURES: Final = ("mae", "rmse", "mape", "r2", "wape", "mase")
_FIELDS: Final[list["pa.Field[Any]"]] = [
    pa.field("run_date", pa.date32(), nullable=False),  # exclusive end of the last day
    pa.field("run_id", pa.string(), nullable=False),
    pa.field("plant_id", pa.string(), nullable=False),
    pa.field("circuit_id", pa.string(), nullable=False),
    pa.field("model_name", pa.string(), nullable=False),
    pa.field("model_version", pa.string(), nullable=False),  # empty where forecasts do not say
    pa.field("is_judged", pa.bool_(), nullable=False),  # of a circuit's versions, one
    pa.field("window_start", _INSTANT),  # null without a verdict
    pa.field("window_end", _INSTANT),
    pa.field("labels", pa.int64(), nullable=False),
    pa.field("label_coverage", pa.float64()),
    *(pa.field(name, pa.float64()) for name in _MEASURES),
    pa.field("metric", pa.string()),  # the one that is nearest to its limit, or furthest over it
    pa.field("limit", pa.float64()),
    pa.field("exceedance", pa.float64()),
    pa.field("streak", pa.int64()),
    pa.field("status", pa.string()),  # null of a version that is not judged
    pa.field("reason", pa.string(), nullable=False),
]
RECORDS: Final = RecordKind(
    pa.schema(_FIELDS), ("run_date", "plant_id", "circuit_id", "model_name", "model_version")
)


def records(run_id: str, as_of: date, results: Sequence[Mapping[str, Any]]) -> Iterator[Record]:
    """Yield the records of a run: of each circuit the version that is judged, then the others.

    Args:
        run_id: of the run.
        as_of: the run's day.
        results: as the job writes them.
    """
    current = Windows.of(as_of).current
    today = {"start": current.start.isoformat(), "end": current.end.isoformat()}
    for result in results:
        names = ("plant_id", "circuit_id", "model_name")
        circuit = {"run_date": as_of.isoformat(), "run_id": run_id}
        circuit |= {name: result[name] for name in names}
        yield {**circuit, **_judged(result)}
        for other in result["other_versions"]:
            yield {
                **circuit,
                "model_name": other["model_name"],
                **_version(other["model_version"], today, is_judged=False),
                "labels": other["labels"],
                "mae": other["mae"],
                "reason": "",
            }


def _judged(result: Mapping[str, Any]) -> Record:
    metric = result["metric"]
    return {
        **_version(result["model_version"], result["window"] or {}, is_judged=True),
        "labels": result["labels"],
        "label_coverage": result["label_coverage"],
        **{name: result["metrics"][name] for name in _MEASURES},
        "metric": metric,
        "limit": None if metric is None else result["limits"][metric],
        "exceedance": result["exceedance"],
        "streak": result["streak"],
        "status": result["status"],
        "reason": result["reason"],
    }


def _version(name: str | None, window: Mapping[str, str], *, is_judged: bool) -> Record:
    return {
        "model_version": name or "",
        "is_judged": is_judged,
        "window_start": window.get("start"),
        "window_end": window.get("end"),
    }
