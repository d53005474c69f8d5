"""Paths of Azure ML datastores as addresses that can be read and written from here."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from monitoring.sources.errors import SourceError
from monitoring.sources.storage import Storage

# Forms of a datastore's address: https://learn.microsoft.com/azure/machine-learning/
# how-to-access-data-interactive#access-data-from-a-datastore-uri-like-a-filesystem
_DATASTORE_PATH: Final = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+/)?"
    r"datastores/(?P<name>[A-Za-z0-9_]+)/paths/(?P<path>.+)",
    re.IGNORECASE,
)
_DATASTORE_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_CONTAINER: Final = "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net"


def datastore(text: str, option: str) -> tuple[str, str]:
    """Read NAME=ADDRESS, which says where an Azure ML datastore's container is.

    Args:
        text: what was given.
        option: where it was given, for the error.

    Raises:
        SourceError: it has another form.
    """
    name, separator, address = text.partition("=")
    if not separator or not _DATASTORE_NAME.fullmatch(name) or not address.strip():
        raise SourceError(
            f"{text!r} does not say where a datastore is",
            option,
            f"write NAME=ADDRESS, such as workspaceblobstore={_CONTAINER}",
        )
    return name, address


def address_of(uri: str, datastores: Mapping[str, str], where: str, option: str) -> str:
    """Return the address of a configured path, which may be one of a datastore.

    Args:
        uri: the path as it is configured.
        datastores: address of each datastore, by its name in lower case.
        where: what the path is of, for the error.
        option: where a datastore's address is given, for the error.

    Raises:
        SourceError: the path leads upwards, or it is not known where it is.
    """
    path = f"{where}: {uri}"
    if ".." in re.split(r"[/\\]", unquote(uri)):
        raise SourceError("the path leads upwards", path, "write it without `..`")
    if not uri.lower().startswith("azureml:"):
        return _reachable(uri, path)
    found = _DATASTORE_PATH.fullmatch(uri)
    if found is None:
        raise SourceError(
            "the address names no path of a datastore",
            path,
            "write azureml://datastores/NAME/paths/PATH",
        )
    address = datastores.get(found["name"].lower())
    if address is None:
        raise SourceError(
            f"it is not known where the datastore {found['name']} is",
            where,
            f"give {option} {found['name']}={_CONTAINER}",
        )
    return _reachable(f"{address.rstrip('/')}/{found['path']}", path)


def _reachable(uri: str, where: str) -> str:
    try:
        Storage(uri)
    except SourceError as error:
        raise SourceError(error.what, where, error.fix) from None
    return uri
