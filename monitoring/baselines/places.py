"""Where each circuit's baseline lies: below one folder, or at the configured path."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self
from urllib.parse import unquote

from generator.fleet import Circuit
from monitoring.baselines.errors import BaselineError
from monitoring.sources.errors import SourceError
from monitoring.sources.storage import Storage

Role = Literal["inputs", "outputs"]
"""Features of the model, or its predictions."""

# Forms of a datastore's address: https://learn.microsoft.com/azure/machine-learning/
# how-to-access-data-interactive#access-data-from-a-datastore-uri-like-a-filesystem
_DATASTORE_PATH: Final = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+/)?"
    r"datastores/(?P<name>[A-Za-z0-9_]+)/paths/(?P<path>.+)",
    re.IGNORECASE,
)
_DATASTORE_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""An id as the configuration allows it, which is a name of a folder and no way out of one."""


def datastore(option: str) -> tuple[str, str]:
    """Read NAME=ADDRESS, which says where an Azure ML datastore's container is.

    Raises:
        BaselineError: it has another form.
    """
    name, separator, address = option.partition("=")
    if not separator or not _DATASTORE_NAME.fullmatch(name) or not address.strip():
        raise BaselineError(
            f"{option!r} does not say where a datastore is",
            "--datastore",
            "write NAME=ADDRESS, such as "
            "workspaceblobstore=abfss://CONTAINER@ACCOUNT.dfs.core.windows.net",
        )
    return name, address


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
    def configured(cls, datastores: Mapping[str, str]) -> Self:
        """Return what circuits name as `data.reference` and `data.reference_outputs`."""
        return cls(None, {name.lower(): address for name, address in datastores.items()})

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
        where = f"{circuit.key}, data.{key}: {uri}"
        if ".." in re.split(r"[/\\]", unquote(uri)):
            raise BaselineError("the path leads upwards", where, "write it without `..`")
        if not uri.lower().startswith("azureml:"):
            return _writable(uri, where)
        found = _DATASTORE_PATH.fullmatch(uri)
        if found is None:
            raise BaselineError(
                "the address names no path of a datastore",
                where,
                "write azureml://datastores/NAME/paths/PATH",
            )
        address = self.datastores.get(found["name"].lower())
        if address is None:
            raise BaselineError(
                f"it is not known where the datastore {found['name']} is",
                where,
                f"give --datastore {found['name']}=abfss://CONTAINER@ACCOUNT.dfs.core.windows.net",
            )
        return _writable(f"{address.rstrip('/')}/{found['path']}", where)


def _writable(uri: str, where: str) -> str:
    try:
        Storage(uri)
    except SourceError as error:
        raise BaselineError(error.what, where, error.fix) from None
    return uri
