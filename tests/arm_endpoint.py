"""A local Azure Resource Manager: enough of it for the real Azure CLI to log in and deploy.

Requests and shapes are those that the Azure CLI 2.91 sends and accepts. It stores what it is sent
and answers as Azure's recordings do; it judges nothing, so a success here says that the Azure CLI
compiled, validated its own side and sent the deployment, not that Azure would take it.
"""

import base64
import json
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
TENANT = "66666666-7777-4888-8999-aaaaaaaaaaaa"

Json = dict[str, Any]


@dataclass
class ArmEndpoint:
    """A running endpoint; `deployments` holds what was created, by name, in order."""

    server: HTTPServer
    certificate: Path
    deployments: dict[str, Json] = field(default_factory=dict)
    what_ifs: dict[str, Json] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    """Names of deployments that Azure shall refuse."""

    @property
    def url(self) -> str:
        """Address of the endpoint."""
        return f"https://localhost:{self.server.port}"

    def answer(self, request: Request) -> Response:
        """Route one request."""
        path = re.sub("/+", "/", request.path)
        if path.endswith("/.well-known/openid-configuration"):
            return _json(self._openid())
        if path.endswith("/oauth2/v2.0/token"):
            return _json(self._token())
        if path == "/subscriptions":
            return _json({"value": [_subscription()]})
        match = re.fullmatch(
            r".*/deployments/([^/]+)(/validate|/whatIf|/operationStatuses/.*)?", path
        )
        if match is None:
            return _json({"error": {"code": "NotFound", "message": f"no route {path}"}}, 404)
        return self._deployment(match[1], match[2] or "", request)

    def _deployment(self, name: str, action: str, request: Request) -> Response:
        if action.startswith("/operationStatuses"):
            return _json({"status": "Succeeded"})
        if request.method == "GET":
            return _json(self._state(name))
        body = read_body(request.get_data(as_text=True))
        if action == "/whatIf":
            self.what_ifs[name] = body
            return _json({"status": "Succeeded", "properties": {"changes": []}})
        if name in self.failing:
            error = {"code": "InvalidTemplateDeployment", "message": "a rule is not valid"}
            return _json({"error": error}, 400)
        if action == "/validate":
            return _json(self._state(name) | {"properties": {"provisioningState": "Succeeded"}})
        self.deployments[name] = body
        response = _json(self._state(name), 201)
        status = f"{self.url}{request.path}/operationStatuses/1?api-version=2025-04-01"
        response.headers["Azure-AsyncOperation"] = status
        return response

    def _state(self, name: str) -> Json:
        return {
            "id": f"/subscriptions/{SUBSCRIPTION}/deployments/{name}",
            "name": name,
            "type": "Microsoft.Resources/deployments",
            "properties": {"provisioningState": "Succeeded", "mode": "Incremental"},
        }

    def _openid(self) -> Json:
        base = f"{self.url}/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
        }

    def _token(self) -> Json:
        claims = {"aud": self.url, "tid": TENANT, "oid": SUBSCRIPTION, "appid": SUBSCRIPTION}
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        encoded = ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts)
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": f"{encoded}."}


def start(folder: Path) -> ArmEndpoint:
    """Start an endpoint with a certificate of its own."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    certificate = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(certificate))
    endpoint = ArmEndpoint(HTTPServer(host="localhost", ssl_context=context), certificate)
    endpoint.server.start()
    endpoint.server.expect_request(re.compile(".*")).respond_with_handler(endpoint.answer)
    return endpoint


def read_body(text: str) -> Json:
    """Read what az sends: JSON, but for the template's unquoted key (its JsonCTemplatePolicy)."""
    body: Json = json.loads(re.sub(r"(?<=[,{ ])template:", '"template":', text, count=1))
    return body


def _subscription() -> Json:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "local",
        "state": "Enabled",
    }


def _json(content: Json, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
