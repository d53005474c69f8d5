"""Failures on demand: of the next requests, whatever they ask."""

import re
import threading
from dataclasses import dataclass, field

from werkzeug import Response

from tests.azure.wire import RETRY_AFTER, ArmError


@dataclass
class _Fault:
    kind: str
    remaining: int
    pattern: str


@dataclass
class Faults:
    """What shall go wrong. `where` is a regular expression for `METHOD path`."""

    _planned: list[_Fault] = field(default_factory=list)
    _held: threading.Event = field(default_factory=threading.Event)

    def throttle(self, requests: int = 1, where: str = "") -> None:
        """Answer the next requests with 429."""
        self._planned.append(_Fault("throttle", requests, where))

    def unavailable(self, requests: int = 1, where: str = "") -> None:
        """Answer the next requests with 503."""
        self._planned.append(_Fault("unavailable", requests, where))

    def forbid(self, requests: int = 1, where: str = "") -> None:
        """Answer the next requests with 403."""
        self._planned.append(_Fault("forbid", requests, where))

    def cut(self, requests: int = 1, where: str = "") -> None:
        """Carry out the next requests, and break the connection in the middle of the answers."""
        self._planned.append(_Fault("cut", requests, where))

    def hold(self, requests: int = 1, where: str = "") -> None:
        """Do not answer the next requests before `clear`."""
        self._planned.append(_Fault("hold", requests, where))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()
        self._held.set()
        self._held = threading.Event()

    def before(self, request: str) -> Response | None:
        """Return the failure that answers a request instead of the endpoint."""
        if self._take(request, "hold"):
            self._held.wait()
        if self._take(request, "throttle"):
            message = "The request was throttled. Please try again later."
            response = ArmError(429, "TooManyRequests", message).response()
        elif self._take(request, "unavailable"):
            message = "The service is temporarily unavailable."
            response = ArmError(503, "ServerTimeout", message).response()
        elif self._take(request, "forbid"):
            message = "The client does not have authorization to perform the action."
            return ArmError(403, "AuthorizationFailed", message).response()
        else:
            return None
        response.headers["Retry-After"] = RETRY_AFTER
        return response

    def after(self, request: str, response: Response) -> Response:
        """Return the answer, cut off where that is planned."""
        if not self._take(request, "cut"):
            return response
        content = response.get_data()
        half = Response(content[: len(content) // 2], response.status_code)
        half.headers["Content-Length"] = str(len(content) + 1000)
        half.headers["Content-Type"] = "application/json"
        half.automatically_set_content_length = False
        return half

    def _take(self, request: str, kind: str) -> bool:
        for fault in self._planned:
            if fault.kind == kind and fault.remaining and re.search(fault.pattern, request, re.I):
                fault.remaining -= 1
                return True
        return False
