"""Draws a circuit: each feature's distributions over each other, and its exceedances over time.

The colours are three of Okabe and Ito's, which people with any colour vision tell apart
(https://jfly.uni-koeln.de/color/); lines also differ by dash and width, for print.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from generator.diagnostics import printable
from monitoring.files import write_bytes_atomically
from monitoring.plots.history import History, Point
from monitoring.sensors import FloatArray
from monitoring.windows import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS: Final = (".svg", ".png")
_BINS: Final = 48
_TAIL: Final = 0.001
"""Share of the readings at each end that may lie beyond the axis; they are in its last bars."""
_ROW_INCHES: Final = 2.1
_STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "reference": {"color": "#0072B2", "linewidth": 1.4, "linestyle": "-"},
    "current": {"color": "#D55E00", "linewidth": 2.0, "linestyle": "-"},
    "training": {"color": "#000000", "linewidth": 1.2, "linestyle": (0, (4, 2))},
}
_SETTINGS: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so a picture is the same everywhere
    "font.size": 9,
    "text.parse_math": False,
    "svg.hashsalt": "mlmon",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The readings of one window."""

    name: str
    """`reference`, `current` or `training`."""
    window: Window
    values: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class CircuitPicture:
    """What is drawn of a circuit."""

    title: str
    features: Sequence[str]
    samples: Sequence[Sample]
    notes: Mapping[str, str] = field(default_factory=dict)
    """What is written above a feature's distributions."""
    history: History | None = None
    schedule: float = 1.0
    immediate: float = 1.5


def write_picture(picture: CircuitPicture, path: Path) -> None:
    """Draw a circuit into a file: the same bytes for the same content, SVG or PNG by its name.

    Raises:
        ValueError: the name ends otherwise.
        OSError: the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path} ends neither in .svg nor in .png")
    write_bytes_atomically(path, render(picture, path.suffix.lower().lstrip(".")))


def render(picture: CircuitPicture, kind: str) -> bytes:
    """Draw a circuit as `svg` or `png`."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with mpl.rc_context(_SETTINGS):
        figure = _figure(picture)
        FigureCanvasAgg(figure)
        sink = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(sink, format=kind, dpi=110, metadata=metadata)
    return sink.getvalue()


def _figure(picture: CircuitPicture) -> "Figure":
    from matplotlib.figure import Figure

    rows, columns = len(picture.features), 1 if picture.history is None else 2
    figure = Figure(figsize=(6.2 * columns, _ROW_INCHES * rows + 1.0), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, feature in enumerate(picture.features):
        _draw_distributions(axes[row][0], picture, feature)
        if picture.history is not None:
            _draw_history(axes[row][1], picture, feature, picture.history)
    handles, labels = [], []
    for sample in picture.samples:
        handles.append(axes[0][0].plot([], [], **_STYLES[sample.name])[0])
        days = list(sample.window.days)
        labels.append(f"{sample.name}: {days[0]} to {days[-1]}")
    figure.suptitle(printable(picture.title), fontsize=12, fontweight="bold")
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def _draw_distributions(axes: "Axes", picture: CircuitPicture, feature: str) -> None:
    samples = {s.name: _finite(s.values.get(feature)) for s in picture.samples}
    edges = _edges(list(samples.values()))
    axes.set_xlabel(printable(feature))
    axes.set_ylabel("share of readings")
    axes.set_title(printable(picture.notes.get(feature, "")), loc="left", fontsize=8)
    if edges is None:
        _say(axes, "no readings")
        return
    for name, values in samples.items():
        if values.size:
            counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
            shares = counts / values.size
            if name == "reference":
                axes.stairs(shares, edges, fill=True, color="#0072B2", alpha=0.18)
            axes.stairs(shares, edges, **_STYLES[name])
    axes.set_ylim(bottom=0)


def _draw_history(axes: "Axes", picture: CircuitPicture, feature: str, history: History) -> None:
    import matplotlib.dates as mdates

    axes.set_ylabel("score / limit")
    axes.set_xlabel("end of the run's last day (UTC)")
    found = False
    for reference, style, marker in (("rolling", "current", "o"), ("training", "training", "s")):
        points = history.get((feature, reference), ())
        if points:
            found = True
            _draw_points(axes, points, _STYLES[style], marker, reference)
    if not found:
        _say(axes, "no run has a score and a limit")
        return
    for limit, name in ((picture.schedule, "schedule"), (picture.immediate, "immediate")):
        axes.axhline(limit, color="#555555", linewidth=1.0, linestyle=":")
        axes.annotate(
            f"{name} {limit:g}", (1.0, limit), xycoords=("axes fraction", "data"),
            ha="right", va="bottom", fontsize=7, color="#555555",
        )  # fmt: skip
    locator = mdates.AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = mdates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    drawn = [p for r in ("rolling", "training") for p in history.get((feature, r), ())]
    top = max(point.exceedance for point in drawn)
    days: Any = np.array([point.day for point in drawn], "datetime64[D]")
    week = np.timedelta64(7, "D")  # one run alone would stand in years of nothing
    axes.set_xlim(days.min() - week, days.max() + week)
    axes.set_ylim(0, 1.35 * max(top, picture.immediate))  # room for the legend
    axes.legend(loc="upper left", fontsize=7, frameon=False, ncols=2)


def _draw_points(
    axes: "Axes", points: Sequence[Point], style: Mapping[str, Any], marker: str, label: str
) -> None:
    days: Any = np.array([point.day for point in points], "datetime64[D]")
    values = np.array([point.exceedance for point in points])
    judged = np.array([point.is_judged for point in points])
    axes.plot(days, values, label=label, **{**style, "linewidth": 1.0})
    # Hollow where the circuit warms up: the limit is then not its own.
    for chosen, face in ((judged, style["color"]), (~judged, "white")):
        axes.plot(
            days[chosen], values[chosen], marker, color=style["color"], markerfacecolor=face,
            markersize=3.5,
        )  # fmt: skip


def _say(axes: "Axes", text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="#555555")


def _finite(values: FloatArray | None) -> FloatArray:
    if values is None:
        return np.empty(0)
    found: FloatArray = values[np.isfinite(values)]
    return found


def _edges(samples: Sequence[FloatArray]) -> FloatArray | None:
    """Share bins between the samples; None if none has a reading.

    Each sample has its say, however few its readings are: what drifted away must be on the axis.
    """
    given = [values for values in samples if values.size]
    if not given:
        return None
    low = min(float(np.quantile(values, _TAIL, method="nearest")) for values in given)
    high = max(float(np.quantile(values, 1 - _TAIL, method="nearest")) for values in given)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        margin = 0.01 * max(abs(low), 1e-6)
        low, high = low - margin, high + margin
    step = _resolution(np.concatenate([v[(v >= low) & (v <= high)] for v in given]))
    if step > 0:
        # Bins that hold unequal numbers of a sensor's steps would draw a comb.
        width = step * max(1, np.ceil((high - low) / _BINS / step))
        return np.arange(low - step / 2, high + width, width)
    edges: FloatArray = np.linspace(low, high, _BINS + 1)
    return edges


def _resolution(values: FloatArray) -> float:
    """Tell the step of which all differences are multiples; 0 if there is none."""
    gaps = np.diff(np.unique(values))
    gaps = gaps[gaps > 1e-9 * float(np.abs(values).max(initial=0.0))]
    if not gaps.size:
        return 0.0
    multiples = gaps / gaps.min()
    return float(gaps.min()) if np.allclose(multiples, np.round(multiples), atol=1e-3) else 0.0
