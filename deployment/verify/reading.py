"""Reads what Azure holds: by lists, several at once, each resource kept as compressed JSON.

Thousands of schedules are a few megabytes this way, and hundreds as objects.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from types import TracebackType
from typing import Any, Final, Self

from deployment.errors import DeploymentError
from deployment.places import component_id, group_id, log_analytics_id, machine_learning_id
from deployment.prune.ownership import ownership_of
from deployment.resource_id import key, parse
from deployment.resource_manager import ResourceManager, ResourceManagerError
from generator.fleet import Fleet

Json = Mapping[str, Any]

_READERS: Final = 4
_UNAUTHORIZED: Final = 401

_LISTED: Final[Mapping[str, Mapping[str, str]]] = {
    "microsoft.alertsmanagement/actionrules": {},
    "microsoft.alertsmanagement/smartdetectoralertrules": {},
    # Lists also have what is assigned above a scope; below it, only without this filter.
    "microsoft.authorization/roleassignments": {"$filter": "atScope()"},
    "microsoft.insights/actiongroups": {},
    "microsoft.insights/components": {},
    "microsoft.insights/diagnosticsettings": {},
    "microsoft.insights/scheduledqueryrules": {},
    # A list must name a category, and leaves the content out unless it is asked for.
    "microsoft.insights/workbooks": {"category": "workbook", "canFetchContent": "true"},
    # Disabled schedules are left out unless asked for.
    "microsoft.machinelearningservices/workspaces/schedules": {"listViewType": "All"},
    "microsoft.operationalinsights/workspaces": {},
    "microsoft.operationalinsights/workspaces/savedsearches": {},
}
"""Types that are read by lists, with the query of a list.

Tables are not: a list has the columns of several hundred tables, and few are rendered.
"""


@dataclass(frozen=True, slots=True)
class Collection:
    """What one question is about: a list, or a single resource."""

    path: str = field(compare=False)
    """As it is written, since some services heed the case of names."""
    key: str
    api_version: str
    query: tuple[tuple[str, str], ...] = ()
    is_list: bool = True


@dataclass(slots=True)
class Holding:
    """What Azure answered about a collection."""

    resources: dict[str, bytes] = field(default_factory=dict)
    """Packed, by the key of the id."""
    unreadable: str = ""
    """Why it could not be read; empty if it was."""


def collection_of(resource_id: str, api_version: str) -> Collection:
    """Tell in which collection a resource is read."""
    query = _LISTED.get(parse(resource_id).type)
    if query is None:
        return Collection(resource_id, key(resource_id), api_version, is_list=False)
    path = resource_id.rpartition("/")[0]
    return Collection(path, key(path), api_version, tuple(query.items()))


def owned_collections(fleet: Fleet, subscription: str) -> list[Collection]:
    """List the collections in which resources of an environment may stand, rendered or not."""
    group = f"{group_id(fleet, subscription)}/providers"
    learning = machine_learning_id(fleet, subscription)
    logs = log_analytics_id(fleet, subscription)
    places = [
        f"{learning}/schedules",
        f"{group}/Microsoft.Insights/workbooks",
        f"{group}/Microsoft.Insights/scheduledQueryRules",
        f"{group}/Microsoft.Insights/actionGroups",
        f"{group}/Microsoft.AlertsManagement/smartDetectorAlertRules",
        f"{group}/Microsoft.AlertsManagement/actionRules",
        f"{group}/Microsoft.Insights/components",
        f"{group}/Microsoft.OperationalInsights/workspaces",
        f"{logs}/savedSearches",
        f"{learning}/providers/Microsoft.Insights/diagnosticSettings",
        *(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments"
            for scope in (component_id(fleet, subscription), logs)
        ),
    ]
    return list(_collections(places))


def _collections(places: Iterable[str]) -> Iterator[Collection]:
    for place in places:
        one = f"{place}/any"
        row = ownership_of(one)
        assert row is not None  # noqa: S101 - every type that is listed has a row
        yield collection_of(one, row.api_version)


def pack(body: Json) -> bytes:
    """Keep a body in a tenth of its size."""
    return zlib.compress(json.dumps(body, separators=(",", ":")).encode(), 1)


def unpack(packed: bytes) -> dict[str, Any]:
    """Give back what was packed."""
    body: dict[str, Any] = json.loads(zlib.decompress(packed))
    return body


class Reader:
    """Reads collections in the background; use it as a context manager."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager
        self._pool = ThreadPoolExecutor(_READERS, "reading")
        self._asked: dict[Collection, Future[Holding]] = {}
        self._has_token = Event()
        self._lost: DeploymentError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def ask(self, collection: Collection) -> None:
        """Have a collection read, unless that was asked before."""
        if collection not in self._asked:
            is_first = not self._asked
            self._asked[collection] = self._pool.submit(self._read, collection, is_first)

    def holdings(self) -> dict[Collection, Holding]:
        """Wait for everything that was asked, and give it in the order of asking.

        Raises:
            DeploymentError: Azure cannot be reached, or knows nobody: nothing can be said.
        """
        return {collection: future.result() for collection, future in self._asked.items()}

    def _read(self, collection: Collection, is_first: bool) -> Holding:
        # The first question alone fetches a token; others would each start an Azure CLI for it.
        if not is_first:
            self._has_token.wait()
        if self._lost:  # another question has waited in vain already
            raise self._lost
        holding = Holding()
        try:
            for found in self._found(collection):
                self._has_token.set()
                holding.resources[key(found["id"])] = pack(found)
        except DeploymentError as error:
            if not isinstance(error, ResourceManagerError) or error.status == _UNAUTHORIZED:
                self._lost = error
                raise
            holding.unreadable = str(error)
        finally:
            self._has_token.set()
        return holding

    def _found(self, collection: Collection) -> Iterator[Json]:
        path, version = collection.path, collection.api_version
        if collection.is_list:
            yield from self._manager.list(path, version, **dict(collection.query))
        elif (one := self._manager.get(path, version)) is not None:
            yield one
