"""The Azure ML monitors of an environment, as the Bicep module takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from generator import conventions
from generator.escape import decimal
from generator.fleet import Circuit, Fleet
from generator.models.environments import MonitorSettings

# Names of the metrics in Microsoft.MachineLearningServices/workspaces/schedules.
DRIFT_METRICS = {
    "jensen_shannon_distance": "JensenShannonDistance",
    "normalized_wasserstein_distance": "NormalizedWassersteinDistance",
    "psi": "PopulationStabilityIndex",
    "two_sample_kolmogorov_smirnov_test": "TwoSampleKolmogorovSmirnovTest",
}
PERFORMANCE_METRICS = {"mae": "MeanAbsoluteError", "rmse": "RootMeanSquaredError"}


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a monitor: its fields in the order in which they are written."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One schedule of one circuit."""

    name: str
    circuit: Circuit
    display_name: str
    model: Mapping[str, str]
    """Name, version and registry; empty if no version is known."""
    hour: int
    minute: int
    production: str
    reference: str
    tags: Mapping[str, str]
    signals: tuple[Signal, ...]


def monitors(fleet: Fleet, circuits: tuple[Circuit, ...]) -> list[Monitor]:
    """Make the daily monitors of the circuits that have signals."""
    settings = fleet.environment.machine_learning.monitors
    if settings is None:
        return []
    made = []
    for circuit in circuits:
        signals = tuple(_signals(circuit, settings))
        if signals:
            name = conventions.monitor_name(circuit.plant_id, circuit.circuit_id)
            paths = (circuit.production or "", circuit.reference or "")
            made.append(_monitor(name, circuit, fleet, settings, signals, paths))
    return made


def performance_monitors(fleet: Fleet, circuits: tuple[Circuit, ...]) -> list[Monitor]:
    """Make the weekly preview monitors, if the environment opted in."""
    settings = fleet.environment.machine_learning.monitors
    if settings is None or not settings.performance_signal.enabled:
        return []
    made = []
    for circuit in circuits:
        if "model_performance" in circuit.signals:
            name = conventions.performance_monitor_name(circuit.plant_id, circuit.circuit_id)
            signals = tuple(
                Signal(
                    {
                        "name": f"model-performance-{metric}",
                        "metric": PERFORMANCE_METRICS[metric],
                        "threshold": decimal(circuit.limits[metric].value),
                    }
                )
                for metric in PERFORMANCE_METRICS
            )
            paths = (circuit.predictions or "", circuit.actuals or "")
            made.append(_monitor(name, circuit, fleet, settings, signals, paths))
    return made


def _monitor(
    name: str,
    circuit: Circuit,
    fleet: Fleet,
    settings: MonitorSettings,
    signals: tuple[Signal, ...],
    paths: tuple[str, str],
) -> Monitor:
    production, reference = paths
    start = settings.start_hour * 60 + conventions.start_minute(
        circuit.key, settings.window_minutes
    )
    tags = {"plant_id": circuit.plant_id, "circuit_id": circuit.circuit_id, "owner": circuit.owner}
    if circuit.circuit_class is not None:
        tags["class"] = circuit.circuit_class
    # A workspace may hold the monitors of several environments, and those of other teams, whose
    # environments may have the same name: only the resource group is theirs alone.
    own = {
        "environment": fleet.name,
        "managed-by": conventions.MANAGED_BY,
        "resource_group": fleet.environment.resource_group,
    }
    return Monitor(
        name=name,
        circuit=circuit,
        display_name=circuit.key,
        model=_model(circuit, fleet),
        hour=start // 60 % 24,
        minute=start % 60,
        production=production,
        reference=reference,
        tags={**circuit.tags, **tags, "model_name": circuit.model_name, **own},
        signals=signals,
    )


def _model(circuit: Circuit, fleet: Fleet) -> Mapping[str, str]:
    """Name the model by its version; empty without one, as the service takes no label."""
    if circuit.model_version is None:
        return {}
    registry = fleet.environment.machine_learning.model_registry
    model = {"name": circuit.model_name, "version": circuit.model_version}
    return model if registry is None else {**model, "registryName": registry}


def _signals(circuit: Circuit, settings: MonitorSettings) -> list[Signal]:
    limits = {name: limit.value for name, limit in circuit.limits.items()}
    signals = []
    if "data_drift" in circuit.signals:
        signals += [
            _drift("DataDrift", f"data-drift-{_short(metric)}", metric, limits)
            for metric in settings.drift_metrics
        ]
    if "prediction_drift" in circuit.signals:
        metric = "jensen_shannon_distance"
        drift = _drift("PredictionDrift", "prediction-drift", metric, limits)
        # Every column counts in this signal: it reads folders that hold the prediction alone.
        uris = {
            "productionUri": circuit.production_outputs or "",
            "referenceUri": circuit.reference_outputs or "",
        }
        signals.append(Signal({**drift.fields, **uris}))
    if "data_quality" in circuit.signals:
        signals.append(
            Signal(
                {
                    "signalType": "DataQuality",
                    "name": "data-quality",
                    "nullValueRate": decimal(limits["null_rate"]),
                    "dataTypeErrorRate": decimal(limits["type_error_rate"]),
                    "outOfBoundsRate": decimal(limits["out_of_bounds_rate"]),
                }
            )
        )
    return signals


def _short(metric: str) -> str:
    names = {
        "jensen_shannon_distance": "jensen-shannon",
        "normalized_wasserstein_distance": "wasserstein",
        "psi": "psi",
        "two_sample_kolmogorov_smirnov_test": "kolmogorov-smirnov",
    }
    return names[metric]


def _drift(kind: str, name: str, metric: str, limits: Mapping[str, Decimal]) -> Signal:
    return Signal(
        {
            "signalType": kind,
            "name": name,
            "metric": DRIFT_METRICS[metric],
            "threshold": decimal(limits[metric]),
        }
    )
