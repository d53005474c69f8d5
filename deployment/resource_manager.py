"""Azure Resource Manager, asked at the API version that was rendered.

The typed clients of the Azure SDK drop properties they do not know, so a difference in one would
go unseen (azure-mgmt-monitor 7 knows no dynamic thresholds). Here answers stay what was sent.
"""

import json
import os
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline import PipelineResponse, policies
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.core.polling.arm_polling import ARMPolling

from deployment.azure_cli import default_credential, find_azure_cli
from deployment.errors import DeploymentError

Json = dict[str, Any]

PUBLIC_CLOUD: Final = "https://management.azure.com"
_POLLING_S: Final = 5


class ResourceManagerError(DeploymentError):
    """Azure refused a request; `status` is the HTTP status, `error` the code Azure gave."""

    def __init__(self, message: str, status: int, error: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error


class ResourceManager:
    """A subscription's Resource Manager; use it as a context manager.

    Requests that were throttled or met a failing server are repeated as Azure asks
    (`Retry-After`), see azure.core.pipeline.policies.RetryPolicy.
    """

    def __init__(self, credential: TokenCredential, subscription_id: str, url: str) -> None:
        self.subscription_id = subscription_id
        self.credential = credential
        self.url = url
        self.scope = f"{url}/.default"
        self.requests = 0
        """Requests that were asked for, repetitions not counted."""
        self._client: ARMPipelineClient[HttpRequest, HttpResponse] = ARMPipelineClient(
            base_url=url,
            policies=[
                policies.RequestIdPolicy(),
                policies.UserAgentPolicy("mlmon"),
                policies.RetryPolicy(retry_total=6),
                ARMChallengeAuthenticationPolicy(credential, self.scope),
            ],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    @property
    def subscription(self) -> str:
        """The id of the subscription: `/subscriptions/GUID`."""
        return f"/subscriptions/{self.subscription_id}"

    def get(self, path: str, api_version: str, **query: str) -> Json | None:
        """Read one resource, by id or path; None if there is none.

        Raises:
            DeploymentError: Azure refused, or could not be reached.
        """
        try:
            return _content(self._send("GET", path, api_version, query))
        except ResourceManagerError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, api_version: str, **query: str) -> Iterator[Json]:
        """Read a collection, page by page; none if what holds it does not exist.

        Raises:
            DeploymentError: Azure refused, or could not be reached.
        """
        page = self.get(path, api_version, **query)
        while page is not None:
            yield from page["value"]
            link = page.get("nextLink")
            # A token goes only to who it was made for.
            if link and urlsplit(link).netloc.lower() != urlsplit(self.url).netloc.lower():
                raise DeploymentError(f"{path}: the next page is on another host, {link}")
            page = _content(self._send("GET", link, None, {})) if link else None

    def put(self, path: str, api_version: str, body: Mapping[str, object]) -> Json:
        """Write a resource as a whole, and wait until it is there."""
        return self._change("PUT", path, api_version, body)

    def patch(self, path: str, api_version: str, body: Mapping[str, object]) -> Json:
        """Change what `body` names of a resource, and wait until it is done."""
        return self._change("PATCH", path, api_version, body)

    def delete(self, path: str, api_version: str, **query: str) -> None:
        """Delete a resource and wait until it is gone; one that is gone already is no error."""
        try:
            self._change("DELETE", path, api_version, None, query)
        except ResourceManagerError as error:
            if error.status != 404:
                raise

    def _change(
        self,
        method: str,
        path: str,
        api_version: str,
        body: Mapping[str, object] | None,
        query: Mapping[str, str] | None = None,
    ) -> Json:
        response = self._send(method, path, api_version, query or {}, body)
        poller: LROPoller[Json] = LROPoller(
            self._client, response, _content, ARMPolling(_POLLING_S)
        )
        try:
            return poller.result()
        except AzureError as error:
            raise translated(error, f"{method} {path}") from None

    def _send(
        self,
        method: str,
        path: str,
        api_version: str | None,
        query: Mapping[str, str],
        body: Mapping[str, object] | None = None,
    ) -> PipelineResponse[HttpRequest, HttpResponse]:
        url = path if path.startswith("https://") else f"{self.url}{path}"
        parameters = {**query, **({"api-version": api_version} if api_version else {})}
        request = HttpRequest(method, url, params=parameters, json=body)
        self.requests += 1
        try:
            response = self._client._pipeline.run(request)
            if response.http_response.status_code >= 400:
                raise HttpResponseError(response=response.http_response)
        except AzureError as error:
            raise translated(error, f"{method} {urlsplit(url).path}") from None
        return response


def resource_manager(
    credential: TokenCredential | None = None, subscription_id: str | None = None
) -> ResourceManager:
    """Reach a subscription; unless given, that of $AZURE_SUBSCRIPTION_ID, or of the Azure CLI.

    The credential is DefaultAzureCredential's, which $AZURE_TOKEN_CREDENTIALS narrows, with the
    Azure CLI that deploys. Another cloud than the public one is named by
    $AZURE_RESOURCE_MANAGER_URL and $AZURE_AUTHORITY_HOST.

    Raises:
        DeploymentError: there is no subscription, or the URL is not one.
    """
    url = os.environ.get("AZURE_RESOURCE_MANAGER_URL", PUBLIC_CLOUD).rstrip("/")
    if not url.startswith("https://"):
        raise DeploymentError("AZURE_RESOURCE_MANAGER_URL must begin with https://", 2)
    subscription = subscription_id or os.environ.get("AZURE_SUBSCRIPTION_ID")
    if not subscription:
        subscription = find_azure_cli().account().subscription_id
    return ResourceManager(credential or default_credential(), subscription, url)


def _content(response: PipelineResponse[HttpRequest, HttpResponse], *_: object) -> Json:
    text = response.http_response.text()
    content: Json = json.loads(text) if text else {}
    return content


def translated(error: AzureError, what: str) -> DeploymentError:
    """Say what Azure answered, in one sentence; `what` was asked for."""
    if isinstance(error, ClientAuthenticationError):
        return DeploymentError(
            f"Azure gave no token or refused it ({_first_line(error.message)}); sign in with "
            "`az login`, or see $AZURE_TOKEN_CREDENTIALS"
        )
    if isinstance(error, HttpResponseError) and error.response is not None:
        status = error.response.status_code or 0
        code, message = _arm_error(error)
        return ResourceManagerError(f"{what}: {status} {code}: {message}", status, code)
    return DeploymentError(f"{what}: Azure cannot be reached: {_first_line(error.message)}")


def _arm_error(error: HttpResponseError) -> tuple[str, str]:
    try:
        content = json.loads(error.response.text())  # type: ignore[union-attr] # checked before
        found = content["error"]
        return str(found["code"]), str(found["message"])
    except (KeyError, TypeError, ValueError):
        return error.reason or "", _first_line(error.message)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
