"""The running endpoint: a server, and the way from a request to its answer."""

import copy
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.azure import subscription
from tests.azure.deployments import Deployments
from tests.azure.expansion import Expander
from tests.azure.faults import Faults
from tests.azure.operations import Operations
from tests.azure.resources import Resources
from tests.azure.stacks import Stacks
from tests.azure.state import SUBSCRIPTION, Group, State, Stored
from tests.azure.tokens import Tokens
from tests.azure.wire import ArmError, Json, answer


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that came in; never its body."""

    method: str
    path: str
    api_version: str


_OF_ONE: Final = r"(?:/resourcegroups/(?P<group>[^/]+))"
_SUBSCRIPTION: Final = rf"/subscriptions/{SUBSCRIPTION}"


class ArmEndpoint:
    """A running endpoint: `state` holds what Azure would, `faults` what shall go wrong."""

    def __init__(self, server: HTTPServer, certificate: Path) -> None:
        self.server = server
        self.certificate = certificate
        """The authority to trust, as a PEM file."""
        self.url = f"https://localhost:{server.port}"
        self.tokens = Tokens(self.url)
        self.reset()

    def reset(self) -> None:
        """Forget everything: an empty subscription without faults."""
        self.state = State(url=self.url)
        self.faults = Faults()
        self.tokens.accept_all()
        self.requests: list[Recorded] = []
        """Requests to Resource Manager and to workspaces, without logins."""
        self._expander = getattr(self, "_expander", None) or Expander()
        operations = Operations(self.url)
        self.resources = Resources(self.state, self._expander, operations)
        self.deployments = Deployments(self.state, self._expander, operations)
        self.stacks = Stacks(self.state, self.deployments, operations)
        self._operations = operations

    def close(self) -> None:
        """Stop the server and the compiler."""
        self.deployments.release()
        self.server.stop()
        self._expander.close()

    def add_group(self, name: str, location: str = "eastus", **tags: str) -> Group:
        """Declare a resource group."""
        group = Group(name, location, tags)
        self.state.groups[name.lower()] = group
        return group

    def add(self, resource_id: str, api_version: str, **body: object) -> Stored:
        """Put a resource there, as if someone else had made it."""
        name = resource_id.rpartition("/")[2]
        sent = {"id": resource_id, "apiVersion": api_version, "name": name, "properties": {}}
        with self.state.lock:
            return self.state.store(sent | body)

    def edit(self, resource_id: str, change: Callable[[Json], None]) -> None:
        """Change a resource as the portal would: `change` alters what Azure answers."""
        with self.state.lock:
            change(self.state.find(resource_id).body)

    def read(self, resource_id: str) -> Json:
        """What Azure would answer about a resource."""
        with self.state.lock:
            return copy.deepcopy(self.state.find(resource_id).body)

    def remove(self, resource_id: str) -> None:
        """Delete a resource as someone else would."""
        with self.state.lock:
            self.state.remove(resource_id)

    def lock(self, scope: str, level: str = "CanNotDelete") -> None:
        """Put a lock on a resource or a resource group."""
        self.state.locks[scope.lower()] = ("lock", level)

    def fail(self, pattern: str, code: str, message: str) -> None:
        """Make every writing of resources fail whose id matches the pattern."""
        self.state.failing.append((pattern, {"code": code, "message": message}))

    def count(self, method: str, pattern: str = "") -> int:
        """Count the requests of a method whose path matches a regular expression."""
        return sum(
            recorded.method == method and re.search(pattern, recorded.path, re.I) is not None
            for recorded in self.requests
        )

    def answer(self, request: Request) -> Response:
        """Route one request."""
        path = re.sub("/+", "/", request.path)
        try:
            login = self._login(path, request)
            if login is not None:
                return login
            version = request.args.get("api-version", "")
            self.requests.append(Recorded(request.method, path, version))
            text = f"{request.method} {path}"
            fault = self.faults.before(text)
            if fault is not None:
                return fault
            challenge = self.tokens.challenge(request.headers.get("Authorization"))
            if challenge is not None:
                return _challenged(challenge)
            return self.faults.after(text, self._route(path, request))
        except ArmError as error:
            return error.response()

    def _login(self, path: str, request: Request) -> Response | None:
        if path.endswith("/.well-known/openid-configuration"):
            return answer(self.tokens.openid())
        if path.endswith("/oauth2/v2.0/token"):
            return answer(self.tokens.login())
        if path == "/msi/token":
            return answer(self.tokens.managed_identity(request.headers.get("X-IDENTITY-HEADER")))
        if path == "/v2.1/track":
            return subscription.take_in(self.state, request)
        if path == "/metadata/endpoints":
            return answer(subscription.endpoints(self.url))
        return None

    def _route(self, path: str, request: Request) -> Response:
        def match(pattern: str) -> re.Match[str] | None:
            return re.fullmatch(pattern, path, re.IGNORECASE)

        if found := match(r"/v1/workspaces/(?P<id>[^/]+)/query"):
            return subscription.query(self.state, found["id"], request)
        if path != "/subscriptions" and not match(rf"{_SUBSCRIPTION}(/.*)?"):
            named = path.split("/")[2] if path.startswith("/subscriptions/") else path
            message = f"The subscription '{named}' could not be found."
            raise ArmError(404, "SubscriptionNotFound", message)
        if "api-version" not in request.args:
            message = (
                "The api-version query parameter (?api-version=) is required for all requests."
            )
            raise ArmError(400, "MissingApiVersionParameter", message)
        if found := match(rf"{_SUBSCRIPTION}/operationresults/(?P<number>\d+)"):
            return self._operations.poll(int(found["number"]))
        if found := match(
            rf"{_SUBSCRIPTION}{_OF_ONE}(?:/providers/Microsoft.Resources)?/deployments"
            r"(?:/(?P<name>[^/]*)(?:/(?P<action>.+))?)?"
        ):
            if not found["name"]:
                return self.deployments.several(found["group"])
            return self.deployments.answer(
                found["group"], found["name"], found["action"] or "", request
            )
        if found := match(
            rf"{_SUBSCRIPTION}{_OF_ONE}/providers/Microsoft.Resources/deploymentStacks"
            r"(?:/(?P<name>[^/]*)(?:/(?P<action>.+))?)?"
        ):
            if not found["name"]:
                return self.stacks.several(found["group"])
            return self.stacks.answer(found["group"], found["name"], found["action"] or "", request)
        with self.state.lock:
            return self._under_lock(path, request)

    def _under_lock(self, path: str, request: Request) -> Response:
        special = subscription.answer_special(self.state, self._operations, path, request)
        if special is not None:
            return special
        if found := re.fullmatch(rf"(?P<scope>{_SUBSCRIPTION}{_OF_ONE}?)/resources", path, re.I):
            return self.resources.any(found["scope"], request)
        tail = path.rpartition("/providers/")[2]
        if "/providers/" in path and tail.count("/") % 2 == 0:
            return self.resources.one(path, request)
        if "/providers/" in path:
            return self.resources.several(path, request)
        raise ArmError(404, "NotFound", f"this endpoint has no answer to {request.method} {path}")


def start(folder: Path) -> ArmEndpoint:
    """Start an endpoint with a certificate of its own, whose authority is put into a folder."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    certificate = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(certificate))
    server = HTTPServer(host="localhost", ssl_context=context, threaded=True)
    server.start()
    endpoint = ArmEndpoint(server, certificate)
    server.expect_request(re.compile(".*")).respond_with_handler(endpoint.answer)
    return endpoint


def _challenged(challenge: str) -> Response:
    message = "The access token has expired."
    response = ArmError(401, "ExpiredAuthenticationToken", message).response()
    response.headers["WWW-Authenticate"] = challenge
    return response
