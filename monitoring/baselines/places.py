"""Where each circuit's baseline lies: below one folder, or at the configured path."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from generator.fleet import Circuit
from monitoring.baselines.errors import BaselineError
from monitoring.sources import datastores
from monitoring.sources.errors import SourceError

Role = Literal["inputs", "outputs"]
"""Features of the model, or its predictions."""

_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""An id as the configuration allows it, which is a name of a folder and no way out of one."""


def datastore(option: str) -> tuple[str, str]:
    """Read NAME=ADDRESS, which says where an Azure ML datastore's container is.

    Raises:
        BaselineError: it has another form.
    """
    try:
        return datastores.datastore(option, "--datastore")
    except SourceError as error:
        raise BaselineError(error.what, error.where, error.fix) from None


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of baselines, by circuit."""

    root: str | None
    """Folder or `abfss://` address above all of them; None for the configured paths."""
    datastores: Mapping[str, str] = field(default_factory=dict)
    """Address of each Azure ML datastore that a configured path names."""

    @classmethod
    def under(cls, root: str) -> Self:
        """Return ROOT/inputs/PLANT/CIRCUIT and ROOT/outputs/PLANT/CIRCUIT."""
        return cls(root)

    @classmethod
    def configured(cls, addresses: Mapping[str, str]) -> Self:
        """Return what circuits name as `data.reference` and `data.reference_outputs`."""
        return cls(None, {name.lower(): address for name, address in addresses.items()})

    def folder(self, circuit: Circuit, role: Role) -> str:
        """Tell where a circuit's baseline lies.

        Raises:
            BaselineError: an id is no name of a folder, no path is configured, or it cannot be
                written from here.
        """
        if self.root is not None:
            for part in (circuit.plant_id, circuit.circuit_id):
                if not _SEGMENT.fullmatch(part):
                    raise BaselineError(
                        f"{part!r} is no id: a folder cannot be named so",
                        circuit.key,
                        "use up to 64 letters, digits, `.`, `_` and `-`",
                    )
            return f"{self.root.rstrip('/')}/{role}/{circuit.plant_id}/{circuit.circuit_id}"
        return self._configured(circuit, role)

    def require_apart(self, circuits: Sequence[Circuit], role: Role) -> None:
        """Check that no two circuits share a folder.

        Raises:
            BaselineError: two do.
        """
        found = defaultdict(list)
        for circuit in circuits:
            try:
                found[self.folder(circuit, role).rstrip("/")].append(circuit.key)
            except BaselineError:
                continue  # told when the circuit is
        for folder, keys in found.items():
            if len(keys) > 1:
                raise BaselineError(
                    f"{' and '.join(keys[:5])} have the same folder",
                    folder,
                    "put {plant_id} and {circuit_id} into the path pattern",
                )

    def _configured(self, circuit: Circuit, role: Role) -> str:
        key = "reference" if role == "inputs" else "reference_outputs"
        uri = circuit.reference if role == "inputs" else circuit.reference_outputs
        if not uri:
            raise BaselineError(
                f"no path `data.{key}` is configured",
                circuit.key,
                "name it in the environment, or give --out FOLDER",
            )
        try:
            return datastores.address_of(uri, self.datastores, f"data.{key}", "--datastore")
        except SourceError as error:
            raise BaselineError(error.what, error.where, error.fix) from None
