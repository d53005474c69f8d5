"""Exporters of Azure Monitor that give up within seconds and tell what became of each signal.

Left to themselves they would obey a `Retry-After` of an hour, drop what a fleet sends at once
beyond 10,000 points, and put what failed into files whose folder is named by the instrumentation
key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from threading import Lock
from typing import Any, Final

from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorMetricExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics import Counter, Histogram, _Gauge
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
)

CONNECT_S: Final = 5.0
ANSWER_S: Final = 10.0
"""How long one request waits for its connection, and for each part of its answer."""

_RETRIES: Final = 2
_LONGEST_PAUSE_S: Final = 5.0
"""Who asks for a longer pause before the next attempt is taken for one who refuses."""

_POINTS_A_REQUEST: Final = 1_000
"""About 700 KB; what a request may hold is not documented."""

_IDENTITY_HINT: Final = (
    "set APPLICATIONINSIGHTS_AUTHENTICATION_STRING to Authorization=AAD and give the identity the "
    "role Monitoring Metrics Publisher"
)


class Tally:
    """What became of the signals of one sink; several threads count."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.sent = 0
        self.events = 0
        """Events that were tried, whatever became of them."""
        self.problem = ""
        """Why something was not delivered; empty while everything was."""

    def count(self, sent: int, *, events: int = 0) -> None:
        """Count signals that were delivered, and events that were tried."""
        with self._lock:
            self.sent += sent
            self.events += events

    def fail(self, problem: str) -> None:
        """Note why something was not delivered."""
        with self._lock:
            self.problem = problem or "the exporter could not write it"


class Attempts(RetryPolicy[Any, Any]):
    """Tries a request a few times within seconds, and remembers how it ended."""

    def __init__(self) -> None:
        super().__init__(
            retry_total=_RETRIES, retry_backoff_factor=0.25, timeout=ANSWER_S + CONNECT_S
        )
        self.problem = ""
        """Why the last request failed; empty if it did not."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request, again if that can help soon."""
        try:
            response = super().send(request)
        except AzureError as error:
            self.problem = _no_answer(error)
            raise
        self.problem = _answer(response.http_response)
        return response

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Tell whether an answer is worth another attempt."""
        pause = self.get_retry_after(response) or 0.0
        return pause <= _LONGEST_PAUSE_S and bool(super().is_retry(settings, response))


def _no_answer(error: AzureError) -> str:
    if isinstance(error, ClientAuthenticationError):
        return f"Microsoft Entra gave no token; sign in, or {_IDENTITY_HINT}"
    if isinstance(error, ServiceResponseError):
        return "the ingestion endpoint took a request and did not answer"
    kind = type(error.inner_exception or error).__name__
    return f"the ingestion endpoint could not be reached ({kind})"


def _answer(response: Any) -> str:
    status = response.status_code
    if status == HTTPStatus.OK:
        return ""
    if status == HTTPStatus.PARTIAL_CONTENT:
        return "the ingestion endpoint refused a part of a request"
    said = f"the ingestion endpoint answered {status} {response.reason or ''}".rstrip()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"{said}; {_IDENTITY_HINT}"
    return said


class CountedMetrics(MetricExporter):
    """Sends metrics in requests of a bounded size, each value once.

    A gauge is sent as its change since the last export, which is its value if it was set: the
    exporter's own choice would send it again every minute.
    """

    def __init__(self, tally: Tally, options: dict[str, Any]) -> None:
        kinds = (Counter, Histogram, _Gauge)
        super().__init__(preferred_temporality=dict.fromkeys(kinds, AggregationTemporality.DELTA))
        self._tally = tally
        self._attempts = Attempts()
        self._exporter = AzureMonitorMetricExporter(retry_policy=self._attempts, **options)

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,
        **kwargs: Any,
    ) -> MetricExportResult:
        """Send metrics until a request fails: the next one would wait as long for nothing."""
        for piece, points in _pieces(metrics_data):
            result = self._exporter.export(piece, timeout_millis)
            if result is not MetricExportResult.SUCCESS:
                self._tally.fail(self._attempts.problem)
                return result
            self._tally.count(points)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing waits here."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Close the connection."""
        self._exporter.shutdown(timeout_millis)


def _pieces(data: MetricsData) -> Iterator[tuple[MetricsData, int]]:
    """Split metrics into requests, each with the number of its points."""
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points: Sequence[Any] = metric.data.data_points
                for first in range(0, len(points), _POINTS_A_REQUEST):
                    some: Any = points[first : first + _POINTS_A_REQUEST]
                    part = replace(metric, data=replace(metric.data, data_points=some))
                    within = replace(resource, scope_metrics=[replace(scope, metrics=[part])])
                    yield MetricsData([within]), len(some)


class CountedEvents(LogRecordExporter):
    """Sends events."""

    def __init__(self, tally: Tally, options: dict[str, Any]) -> None:
        self._tally = tally
        self._attempts = Attempts()
        self._exporter = AzureMonitorLogExporter(retry_policy=self._attempts, **options)

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Send some events in one request."""
        result = self._exporter.export(batch)
        if result is LogRecordExportResult.SUCCESS:
            self._tally.count(len(batch), events=len(batch))
        else:
            self._tally.count(0, events=len(batch))
            self._tally.fail(self._attempts.problem)
        return result

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True
