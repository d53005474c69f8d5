"""The Log Analytics workspace of an environment, queried as its rules query it."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from deployment.errors import DeploymentError
from evaluator.analysis.syntax import Column

PUBLIC_CLOUD: Final = "https://api.loganalytics.io"
URL_VARIABLE: Final = "AZURE_LOG_ANALYTICS_URL"
"""Names the query endpoint of another cloud; a token is asked for the same address."""

_TIMEOUT_S: Final = 120
"""How long the service may compute one query."""

Timespan = timedelta | tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query answered."""

    columns: tuple[Column, ...]
    rows: tuple[Sequence[object], ...]
    """Cells are Python's values of the columns' types; None is null."""


class Workspace:
    """A workspace's queries; use it as a context manager. Several threads may ask."""

    def __init__(self, credential: TokenCredential, customer_id: str) -> None:
        """Reach the workspace with this id, of which Azure speaks as its customer id.

        Raises:
            DeploymentError: $AZURE_LOG_ANALYTICS_URL is not an address.
        """
        url = os.environ.get(URL_VARIABLE, PUBLIC_CLOUD)
        if not url.startswith("https://"):
            raise DeploymentError(f"{URL_VARIABLE} must begin with https://", 2)
        self._customer_id = customer_id
        self._client = LogsQueryClient(credential, endpoint=url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def query(self, text: str, timespan: Timespan) -> Rows:
        """Run a query over a stretch of time.

        Raises:
            DeploymentError: Azure refused it, answered in part only, or cannot be reached.
        """
        try:
            answer = self._client.query_workspace(
                self._customer_id, text, timespan=timespan, server_timeout=_TIMEOUT_S
            )
        except AzureError as error:
            raise _translated(error) from None
        except ValueError:  # the client reads the body of an error as JSON, whatever it is
            raise DeploymentError(
                "what answered the query is not Log Analytics: its answer is no JSON; see "
                f"{URL_VARIABLE}, and the proxy"
            ) from None
        return _rows(answer)


def _rows(answer: LogsQueryResult | LogsQueryPartialResult) -> Rows:
    if isinstance(answer, LogsQueryPartialResult):
        error = answer.partial_error
        why = error.message if error is not None else "it does not say why"
        raise DeploymentError(f"Azure answered the query in part only: {why}")
    if not answer.tables:
        raise DeploymentError("Azure answered the query without a table")
    table = answer.tables[0]
    columns = tuple(map(Column, table.columns, table.columns_types))
    readers = [_READERS.get(column.type, _same) for column in columns]
    return Rows(
        columns,
        tuple(
            tuple(
                None if cell is None else read(cell)
                for read, cell in zip(readers, row, strict=True)
            )
            for row in table.rows
        ),
    )


def _translated(error: AzureError) -> DeploymentError:
    if isinstance(error, ClientAuthenticationError) and error.response is None:
        first = error.message.strip().partition("\n")[0]
        return DeploymentError(f"Azure gave no token for queries ({first}); sign in again")
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        known: Any = error.model
        why = getattr(known, "message", None) or error.reason or "no reason"
        code = getattr(known, "code", None) or ""
        hint = ""
        if error.status_code == 403:
            hint = "; it takes the role Log Analytics Reader on the workspace"
        return DeploymentError(f"the query was refused: {error.status_code} {code}: {why}{hint}")
    first = error.message.strip().partition("\n")[0]
    return DeploymentError(f"the workspace cannot be reached for queries: {first}")


def _same(cell: object) -> object:
    return cell


def _text(cell: object) -> object:
    """The client writes a null as text."""
    return None if cell == "None" else cell


def _dynamic(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return cell


_READERS: Final[dict[str, Callable[[Any], object]]] = {
    "bool": bool,
    "decimal": Decimal,
    "dynamic": _dynamic,
    "guid": _text,
    "int": int,
    "long": int,
    "real": float,  # NaN and infinities come as texts
    "timespan": _text,
}
