"""Reads secrets from an Azure Key Vault.

One request is documented and enough, so it is made with azure-core instead of another package:
https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret. The policies leave out
logging, tracing and redirects: nothing tells what is read, and the token goes nowhere else.
"""

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SCOPE: Final = "https://vault.azure.net/.default"
API_VERSION: Final = "7.4"
CONNECT_S: Final = 5.0
ANSWER_S: Final = 10.0
"""How long one request waits for its connection, and for each part of its answer."""

_RETRIES: Final = 2
_LONGEST_PAUSE_S: Final = 5.0
"""Who asks for a longer pause before the next attempt is taken for one who refuses."""
# Without a handler of its own, Python prints what azure-identity tells of every credential that it
# tried; whoever sets up logging still gets it.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())
_ROLE: Final = "give the identity the role Key Vault Secrets User on it, and its network access"


class KeyVaultError(Exception):
    """A secret was not read; the text says why, to stand behind "and"."""


class KeyVault:
    """A key vault, as the identity sees it that asks."""

    def __init__(self, address: str, credential: "TokenCredential") -> None:
        """Take where it is and who asks; nothing is asked yet.

        Args:
            address: the vault's URI, such as `https://kv-mlops-prod.vault.azure.net`.
            credential: who fetches tokens.
        """
        self._address = address
        self._policies = [_Retries(), BearerTokenCredentialPolicy(credential, SCOPE)]
        self._problem = ""
        """Why nothing can be asked; the next secret need not wait for it again."""

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a vault of the public cloud, asked by who runs: azure-identity's default chain."""
        from azure.identity import DefaultAzureCredential

        return cls(f"https://{name}.vault.azure.net", DefaultAzureCredential())

    def read(self, name: str) -> str:
        """Read the newest version of a secret.

        Raises:
            KeyVaultError: there is none, or the vault does not answer or refuses.
        """
        if self._problem:
            raise KeyVaultError(self._problem)
        try:
            response = self._get(name)
        except ClientAuthenticationError:
            self._problem = (
                f"{self._address} was not asked for it, as Microsoft Entra gave no token; sign in "
                "with `az login`, or run where there is a managed identity"
            )
        except AzureError as error:
            kind = type(error.inner_exception or error).__name__
            self._problem = f"{self._address} cannot be reached ({kind})"
        else:
            return self._value(name, response)
        # What the SDK raised is left out: nobody promises what its text holds.
        raise KeyVaultError(self._problem) from None

    def _get(self, name: str) -> HttpResponse:
        url = f"{self._address}/secrets/{name}"
        request = HttpRequest("GET", url, params={"api-version": API_VERSION})
        client: PipelineClient[Any, Any] = PipelineClient(
            self._address,
            policies=self._policies,
            connection_timeout=CONNECT_S,
            read_timeout=ANSWER_S,
        )
        with client:
            response: HttpResponse = client.send_request(request)
            return response

    def _value(self, name: str, response: HttpResponse) -> str:
        status = response.status_code
        if status == HTTPStatus.NOT_FOUND:
            raise KeyVaultError(f"{self._address} has no secret `{name}`")
        body = _json(response)
        if status != HTTPStatus.OK:
            code = _code(body)
            said = f"{self._address} answers {status}{f' {code}' if code else ''} for `{name}`"
            refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
            raise KeyVaultError(f"{said}; {_ROLE}" if refused else said)
        value = body.get("value")
        if not isinstance(value, str) or not value.strip():
            raise KeyVaultError(f"the secret `{name}` of {self._address} is empty")
        return value.strip()


class _Retries(RetryPolicy[Any, Any]):
    """Tries again soon or not at all."""

    def __init__(self) -> None:
        super().__init__(
            retry_total=_RETRIES, retry_backoff_factor=0.25, timeout=ANSWER_S + CONNECT_S
        )

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Tell whether an answer is worth another attempt."""
        pause = self.get_retry_after(response) or 0.0
        return pause <= _LONGEST_PAUSE_S and bool(super().is_retry(settings, response))


def _json(response: HttpResponse) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: dict[str, Any]) -> str:
    """Return why the vault refuses, in its own word, such as `ForbiddenByRbac`."""
    error = body.get("error")
    inner = error.get("innererror") if isinstance(error, dict) else None
    for each in (inner, error):
        code = each.get("code") if isinstance(each, dict) else None
        if isinstance(code, str) and re.fullmatch(r"[A-Za-z]{1,60}", code):
            return code
    return ""
