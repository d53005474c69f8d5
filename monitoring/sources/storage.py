"""Local folders and Azure Data Lake Storage behind one address, with its credentials.

Azure is reached by delta-rs's own client (object_store). It takes
`abfss://<container>@<account>.dfs.core.windows.net/<path>` and talks to the blob endpoint of that
account: https://docs.rs/object_store/latest/object_store/azure/struct.MicrosoftAzureBuilder.html.
Tests read from Azurite over that protocol, with keys and with tokens; what Azurite does not have, a
hierarchical namespace, access control, private endpoints, signed tokens, they do not prove.
"""

import re
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from monitoring.sources.errors import SourceError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SCOPE: Final = "https://storage.azure.com/.default"
REFRESH_BEFORE_S: Final = 600
"""A token that ends within this time is replaced before more is read."""
# A request is repeated for a minute at most; the client's own default is three minutes.
_RETRIES: Final = {"max_retries": "5", "retry_timeout": "60s"}
_CONTAINER: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){2,62}|\$web")
_HOST: Final = re.compile(r"[a-z0-9]{3,24}\.dfs\.(core|storage)\.[a-z0-9.-]+", re.IGNORECASE)
_REFUSED: Final = re.compile(
    r"\b40[13] (Unauthorized|Forbidden)|InvalidAuthenticationInfo|AuthenticationFailed"
    r"|AuthorizationFailure|AuthorizationPermissionMismatch"
    r"|lack(s|ed) the (required permissions|necessary privileges)|Permission denied"
)
_AZURE_FORM: Final = "abfss://<container>@<account>.dfs.core.windows.net/<path>"


class Storage:
    """One address: what delta-rs needs to open it, and a file system rooted there."""

    def __init__(
        self,
        uri: str,
        options: Mapping[str, str] | None = None,
        credential: "TokenCredential | None" = None,
    ) -> None:
        """Take an address as the user wrote it; nothing is opened yet.

        Args:
            uri: A local path, `file://...` or `abfss://container@account.dfs.core.windows.net/path`.
            options: Storage options of delta-rs, such as an account key.
            credential: Who fetches tokens; without options, azure-identity's default chain.

        Raises:
            SourceError: the address has another form.
        """
        self.uri = uri
        self.root, self.remote = _root(uri)
        self._given = dict(options or {})
        self._credential = credential
        self._token = ""
        self._expires = 0.0
        self._opened: tuple[str, fs.FileSystem] | None = None

    def options(self) -> dict[str, str]:
        """Return delta-rs's storage options, with a token that is valid for some minutes more.

        Raises:
            SourceError: no credentials were found, or they were refused.
        """
        if not self.remote:
            return {}
        if self._given and self._credential is None:
            return _RETRIES | self._given
        if time.time() > self._expires - REFRESH_BEFORE_S:
            self._refresh()
        return _RETRIES | self._given | {"bearer_token": self._token}

    def filesystem(self) -> fs.FileSystem:
        """Return a file system whose paths are relative to the address."""
        if not self.remote:
            return _local(self.root)
        options = self.options()
        token = options.get("bearer_token", "")
        if self._opened is None or self._opened[0] != token:
            from monitoring.sources.handler import StorageHandler

            handler = StorageHandler(self.root, options)
            self._opened = (token, fs.PyFileSystem(handler))
        return self._opened[1]

    def is_about_path(self, error: Exception) -> bool:
        """Tell whether an error can be about one file: it is gone, or closed to this identity.

        Only another file that is still delivered tells it apart from one about all: Azure answers
        403 for both. What is refused for who asks (401), or a network that fails, is about all.
        """
        gone = isinstance(error, FileNotFoundError)
        return gone or not self.remote or "403 Forbidden" in str(error)

    def failure(self, error: Exception, path: str = "", *, writing: bool = False) -> SourceError:
        """Explain why storage did not answer."""
        from deltalake.exceptions import DeltaError

        where = f"{self.uri}, file {path}" if path else self.uri
        text = _flat(error)
        if isinstance(error, FileNotFoundError):
            return SourceError(
                "a file of the table is not there: it was moved, or changed or vacuumed "
                "while it was read",
                where,
                "restore it, or read the newest version, a drift run into another results folder; "
                "keep files longer than a run takes",
            )
        if isinstance(error, PermissionError) or _REFUSED.search(text):
            return SourceError(
                f"storage refused the credentials ({text})"
                if self.remote
                else f"permission is denied ({text})",
                where,
                f"grant the identity Storage Blob Data {'Contributor' if writing else 'Reader'} "
                "on the account or container"
                if self.remote
                else f"make the path {'writable' if writing else 'readable'} for this user",
            )
        if isinstance(error, DeltaError):
            return SourceError(
                f"the Delta table cannot be written ({text})"
                if writing
                else f"the log of the Delta table cannot be read ({text})",
                where,
                "run again, and if it stays so, restore `_delta_log` or write the table anew",
            )
        return SourceError(
            f"storage did not answer as expected ({text})",
            where,
            "check the address, the network and the account's firewall, then run again"
            if self.remote
            else "check the path and its disk, then run again",
        )

    def _refresh(self) -> None:
        from azure.core.exceptions import ClientAuthenticationError

        if self._credential is None:
            from azure.identity import DefaultAzureCredential

            self._credential = DefaultAzureCredential()
        try:
            token = self._credential.get_token(SCOPE)
        except ClientAuthenticationError as error:
            raise SourceError(
                f"there are no credentials for Azure storage ({_flat(error)})",
                self.uri,
                "sign in with `az login`, or run where a managed identity or the variables "
                "AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET are set",
            ) from error
        self._token, self._expires = token.token, float(token.expires_on)


def _root(uri: str) -> tuple[str, bool]:
    # A Windows drive is no scheme.
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", uri)
    if not uri.strip():
        raise SourceError("the address is empty", "''", f"give a folder or {_AZURE_FORM}")
    if scheme is None:
        return str(Path(uri).absolute()), False
    parts = urlsplit(uri)
    if scheme[1].lower() == "file" and parts.netloc in ("", "localhost"):
        return unquote(parts.path), False
    container, _, host = parts.netloc.partition("@")
    if (
        scheme[1].lower() not in ("abfss", "abfs")
        or not _CONTAINER.fullmatch(container)
        or not _HOST.fullmatch(host)
        or parts.query
        or parts.fragment
    ):
        raise SourceError(
            "the address is neither a local folder nor one of Azure Data Lake Storage",
            uri,
            f"write it as {_AZURE_FORM}; keys and tokens do not belong in it",
        )
    return uri, True


@cache
def _local(root: str) -> fs.FileSystem:
    return fs.SubTreeFileSystem(root, fs.LocalFileSystem())


def _flat(error: Exception) -> str:
    """Return a message on one line: of Azure's answer the status and the code, else all of it."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    plain = re.split(r"\n\s*0: ", plain)[0]  # frames of the stack follow
    plain = re.sub(r"^Kernel error(:| ->) ", "", plain)
    plain = ": ".join(" ".join(part.split()) for part in plain.split("↳"))
    answer = re.search(r"status code: ([45]\d\d [A-Z][A-Za-z ]+)", plain)
    code = re.search(r"<Code>(\w+)</Code>", plain)
    if answer:
        return answer[1].strip() + (f": {code[1]}" if code else "")
    if len(plain) > 300:  # the cause stands at the end
        plain = f"{plain[:80]} … {plain[-200:]}"
    return plain or type(error).__name__


ARROW_ERRORS: Final = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What reading a Parquet file raises, whatever is wrong with it or with its storage."""
