"""Sends signals to Application Insights.

The exporters of `azure-monitor-opentelemetry` are used without its `configure_azure_monitor`, which
takes over the providers of the whole process, instruments libraries and starts live metrics.
Whatever happens to the connection, nothing here raises, and only `close` waits.
"""

import inspect
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from threading import Event, Thread
from time import time_ns
from types import TracebackType
from typing import Any, Final, Self

from azure.identity import DefaultAzureCredential
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource

from monitoring.telemetry.contract import (
    CUSTOM_EVENT_ATTRIBUTE,
    CUSTOM_MEASUREMENTS_ATTRIBUTE,
    METRICS,
    Instrument,
    Metric,
)
from monitoring.telemetry.exporting import (
    ANSWER_S,
    CONNECT_S,
    CountedEvents,
    CountedMetrics,
    Tally,
)
from monitoring.telemetry.sink import GaugeValue, Signal, TelemetryEvent, send

CONNECTION_STRING: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
AUTHENTICATION: Final = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"
DEADLINE_S: Final = 30.0
"""How long `close` waits."""

_NAMESPACE: Final = "mlmon"
_INTERVAL_S: Final = 60.0
_EVENTS_A_REQUEST: Final = 512
_EVENTS_A_CIRCUIT: Final = 16
"""Room in the queue: a circuit has an event of drift, one of degradation, and one a check."""

_SMALLEST_LIMIT: Final = 2_000
"""Attribute sets of an instrument, where the fleet is smaller: OpenTelemetry's own default."""

_OFF: Final = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
)
"""What else the exporters would talk to: Microsoft's statistics and remote settings."""

_LOUD: Final = ("azure.monitor.opentelemetry", "opentelemetry.sdk")
"""Loggers that print to stderr what `Delivery` tells, with items that hold the key."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where signals go, and how to be let in."""

    connection_string: str
    authentication: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the signals of a sink."""

    sent: int
    """Points of metrics and events that the ingestion endpoint took."""
    problem: str
    """Why not all were delivered; empty if they were."""

    def __str__(self) -> str:
        """Say it in a sentence."""
        if not self.problem:
            return f"Telemetry was delivered: {self.sent:,} signals."
        before = f"after {self.sent:,} signals " if self.sent else ""
        return f"Telemetry was not delivered {before}because {self.problem}."


class AzureMonitor:
    """A sink that sends to Application Insights, until it is closed.

    Events go as they come, metrics every minute and at the end, each value once.
    """

    def __init__(self, circuits: int, role: str, deadline_s: float, target: _Target) -> None:
        self._deadline_s = deadline_s
        self._tally = Tally()
        self._emitted = 0
        self._closing, self._closed = Event(), Event()
        self._delivery: Delivery | None = None
        try:
            self._connect(circuits, role, target)
        except _NoConnectionError as error:
            self._delivery = Delivery(0, str(error))
            return
        # Started here, since no thread can be once the interpreter is about to end.
        Thread(target=self._shut_down, name="telemetry-end", daemon=True).start()

    def _connect(self, circuits: int, role: str, target: _Target) -> None:
        options = _options(target)
        resource = Resource({SERVICE_NAMESPACE: _NAMESPACE, SERVICE_NAME: role})
        try:
            metrics = CountedMetrics(self._tally, options)
            events = CountedEvents(self._tally, options)
        except ValueError:
            raise _NoConnectionError(
                f"{CONNECTION_STRING} is no connection string; copy it from the overview of the "
                "Application Insights resource"
            ) from None
        reader = PeriodicExportingMetricReader(metrics, _INTERVAL_S * 1000)
        self._meters = MeterProvider(
            [reader], resource, shutdown_on_exit=False, views=_views(circuits)
        )
        self._loggers = LoggerProvider(resource, shutdown_on_exit=False)
        self._loggers.add_log_record_processor(
            BatchLogRecordProcessor(
                events,
                schedule_delay_millis=5_000,
                max_export_batch_size=_EVENTS_A_REQUEST,
                max_queue_size=_EVENTS_A_REQUEST + _EVENTS_A_CIRCUIT * circuits,
            )
        )
        self._logger = self._loggers.get_logger(_NAMESPACE)
        meter = self._meters.get_meter(_NAMESPACE)
        self._instruments = {
            metric: _CREATE[metric.instrument](meter, metric.name, metric.unit, metric.description)
            for metric in METRICS
        }

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""
        if self._delivery is not None:
            return
        self._emitted += 1
        attributes: dict[str, Any] = {CUSTOM_EVENT_ATTRIBUTE: event.event.name, **event.properties}
        if event.measurements:
            attributes[CUSTOM_MEASUREMENTS_ATTRIBUTE] = dict(event.measurements)
        self._logger.emit(LogRecord(timestamp=time_ns(), attributes=attributes))

    def set(self, value: GaugeValue) -> None:
        """Set a gauge."""
        if self._delivery is None and isfinite(value.value):
            self._instruments[value.metric].set(value.value, value.attributes)

    def add(self, metric: Metric, attributes: Mapping[str, str], amount: int) -> None:
        """Add to a counter."""
        if self._delivery is None:
            self._instruments[metric].add(amount, attributes)

    def record(self, metric: Metric, attributes: Mapping[str, str], value: float) -> None:
        """Record one measurement of a histogram."""
        if self._delivery is None and isfinite(value):
            self._instruments[metric].record(value, attributes)

    def close(self) -> Delivery:
        """Send what is left, wait for it until the deadline, and tell what became of it all.

        What comes later is ignored; another call returns the same.
        """
        if self._delivery is None:
            self._closing.set()
            in_time = self._closed.wait(self._deadline_s)
            self._delivery = self._told(in_time=in_time)
        return self._delivery

    def _told(self, *, in_time: bool) -> Delivery:
        problem = self._tally.problem
        if not problem and not in_time:
            problem = f"the ingestion endpoint did not take it within {self._deadline_s:g} s"
        lost = self._emitted - self._tally.events
        if not problem and lost:
            problem = f"{lost:,} events found no room in the queue, or OTEL_SDK_DISABLED is set"
        return Delivery(self._tally.sent, problem)

    def _shut_down(self) -> None:
        self._closing.wait()
        try:
            self._meters.shutdown(self._deadline_s * 1000)
            self._loggers.shutdown()
        except Exception as error:  # noqa: BLE001 - what the SDK raises is of no class of its own
            self._tally.fail(f"the SDK broke: {error}")
        self._closed.set()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def azure_monitor(
    *,
    circuits: int,
    role: str,
    deadline_s: float = DEADLINE_S,
    connection_string: str | None = None,
    authentication: str | None = None,
) -> AzureMonitor:
    """Open a sink to the resource that `APPLICATIONINSIGHTS_CONNECTION_STRING` names.

    Without a connection string that can be used, the sink drops everything, and its `Delivery` says
    why. `APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD[;ClientId=...]` asks for
    Microsoft Entra, as a resource without local authentication does.

    Args:
        circuits: size of the fleet, so that each circuit has its own series.
        role: what sends, such as `daily`; `AppRoleName` is then `mlmon.daily`.
        deadline_s: how long `close` waits, in seconds.
        connection_string: in place of the environment variable.
        authentication: in place of the environment variable.
    """
    for name in _OFF:
        os.environ.setdefault(name, "true")
    for name in _LOUD:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    target = _Target(
        os.environ.get(CONNECTION_STRING, "") if connection_string is None else connection_string,
        os.environ.get(AUTHENTICATION, "") if authentication is None else authentication,
    )
    return AzureMonitor(circuits, role, deadline_s, target)


def send_run(
    signals: Iterable[Signal],
    end: TelemetryEvent | None,
    *,
    circuits: int,
    role: str,
    deadline_s: float = DEADLINE_S,
) -> Delivery:
    """Send a run's signals and, if every one was delivered, the event that ends the run.

    So a run whose numbers did not arrive is one that Monitoring Silent notices.

    Args:
        signals: of the run.
        end: `monitoring_run_completed`; None for a run that did not come to its end.
        circuits: as of `azure_monitor`, like the rest.
        role: what sends.
        deadline_s: for the signals, and again for the event.
    """
    with azure_monitor(circuits=circuits, role=role, deadline_s=deadline_s) as sink:
        send(signals, sink)
    numbers = sink.close()
    if numbers.problem or end is None:
        return numbers
    with azure_monitor(circuits=circuits, role=role, deadline_s=deadline_s) as sink:
        sink.emit(end)
    last = sink.close()
    return Delivery(numbers.sent + last.sent, last.problem)


class _NoConnectionError(Exception):
    """Nothing can be sent; the message says why, to stand behind "because"."""


def _options(target: _Target) -> dict[str, Any]:
    if not target.connection_string:
        raise _NoConnectionError(f"{CONNECTION_STRING} is not set")
    options: dict[str, Any] = {
        "connection_string": target.connection_string,
        "disable_offline_storage": True,
        "max_envelopes_per_second": 0,
        "timeout": CONNECT_S,
        "read_timeout": ANSWER_S,
    }
    if not target.authentication:
        return options
    pairs = (pair.partition("=") for pair in target.authentication.split(";"))
    given = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if given.get("authorization") != "AAD":
        raise _NoConnectionError(f"{AUTHENTICATION} is not Authorization=AAD[;ClientId=...]")
    identity = {"managed_identity_client_id": given["clientid"]} if "clientid" in given else {}
    options["credential"] = DefaultAzureCredential(**identity)
    return options


def _views(circuits: int) -> list[View]:
    limit: dict[str, Any] = {}
    # OpenTelemetry's SDK has a limit, and the setting for it, since 1.45.2.
    if "aggregation_cardinality_limit" in inspect.signature(View).parameters:
        limit["aggregation_cardinality_limit"] = max(circuits, _SMALLEST_LIMIT)
    return [View(instrument_name=metric.name, **limit) for metric in METRICS]


_CREATE: Final[dict[Instrument, Any]] = {
    Instrument.COUNTER: lambda meter, *about: meter.create_counter(*about),
    Instrument.GAUGE: lambda meter, *about: meter.create_gauge(*about),
    Instrument.HISTOGRAM: lambda meter, *about: meter.create_histogram(*about),
}
