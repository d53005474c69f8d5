"""Compares an environment with its rendered output: one pass over both, both kept small."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from deployment.expected import ExpectedResource
from deployment.origin import Origins
from deployment.prune.ownership import Belonging, belonging
from deployment.resource_id import key, parse
from deployment.resource_manager import ResourceManager
from deployment.verify.companions import companion_of
from deployment.verify.compare import Difference, compare
from deployment.verify.normalisation import RULES, rules_of
from deployment.verify.reading import (
    Collection,
    Holding,
    Reader,
    collection_of,
    owned_collections,
    pack,
    unpack,
)
from deployment.verify.result import State, Verification, Verified
from generator.fleet import Fleet
from generator.kql import tables_read

_SKIPPED: Final = "properties.skipQueryValidation"
_rules_of = cache(rules_of)


@dataclass(frozen=True, slots=True)
class _Expected:
    id: str
    type: str
    collection: Collection
    body: bytes


def verify(
    fleet: Fleet, rendered: Iterable[ExpectedResource], manager: ResourceManager, origins: Origins
) -> Verification:
    """Compare every resource of an environment with what Azure holds.

    Args:
        fleet: the environment.
        rendered: what is expected; Azure is read while these are made.
        manager: the subscription that is read.
        origins: tells where in the configuration a resource comes from.

    Raises:
        BicepError: the compiler is missing, or it failed.
        DeploymentError: Azure cannot be reached, or gave no token.
    """
    expected = []
    with Reader(manager) as reader:
        for collection in owned_collections(fleet, manager.subscription):
            reader.ask(collection)
        for resource in rendered:
            collection = collection_of(resource.id, resource.api_version)
            reader.ask(collection)
            expected.append(_packed(resource, collection))
        holdings = reader.holdings()
    comparison = _Comparison(fleet, origins, holdings)
    resources = [comparison.expected(item) for item in expected]
    resources += comparison.others({key(item.id) for item in expected})
    return Verification(fleet.name, tuple(resources), manager.requests)


def _packed(resource: ExpectedResource, collection: Collection) -> _Expected:
    return _Expected(resource.id, resource.type, collection, pack(resource.body))


class _Comparison:
    def __init__(self, fleet: Fleet, origins: Origins, holdings: dict[Collection, Holding]) -> None:
        self._fleet = fleet
        self._origins = origins
        self._holdings = holdings

    def expected(self, item: _Expected) -> Verified:
        """Compare one resource that was rendered."""
        holding = self._holdings[item.collection]
        body = unpack(item.body)
        if holding.unreadable:
            return self._verified(item, body, State.UNREADABLE, note=holding.unreadable)
        packed = holding.resources.get(key(item.id))
        if packed is None:
            return self._verified(item, body, State.MISSING)
        differences = compare(body, unpack(packed), _rules_of(item.type))
        note = ""
        if item.type.lower() == RULES and any(map(_is_unvalidated, differences)):
            differences = [d for d in differences if not _is_unvalidated(d)]
            query = body["properties"]["criteria"]["allOf"][0]["query"]
            note = f"reads {', '.join(tables_read(query))}"
        if differences:
            return self._verified(item, body, State.CHANGED, tuple(differences), note)
        return self._verified(item, body, State.NOT_VALIDATED if note else State.IN_SYNC, (), note)

    def others(self, rendered: set[str]) -> Iterator[Verified]:
        """Find what is ours, or Azure's beside ours, and is not rendered."""
        seen = set(rendered)
        for holding in self._holdings.values():
            for resource_key, packed in sorted(holding.resources.items()):
                if resource_key in seen:
                    continue
                seen.add(resource_key)
                found = self._other(unpack(packed))
                if found is not None:
                    yield found

    def _other(self, body: dict[str, object]) -> Verified | None:
        identifier = str(body["id"])
        parsed = parse(identifier)
        name = "/".join(parsed.names)
        companion = companion_of(body, self._fleet)
        if companion:
            return Verified(identifier, parsed.type, name, State.COMPANION, note=companion)
        if belonging(body, self._fleet) is not Belonging.OURS:
            return None
        origin = self._origins.of(identifier, body)
        place = origin.place if origin else ""
        return Verified(identifier, parsed.type, name, State.UNEXPECTED, place=place)

    def _verified(
        self,
        item: _Expected,
        body: dict[str, object],
        state: State,
        differences: tuple[Difference, ...] = (),
        note: str = "",
    ) -> Verified:
        origin = self._origins.of(item.id, body)
        name = "/".join(parse(item.id).names)
        place = origin.place if origin else ""
        return Verified(item.id, item.type, name, state, differences, note, place)


def _is_unvalidated(difference: Difference) -> bool:
    return difference.property == _SKIPPED and difference.found is True
