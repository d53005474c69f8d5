"""What goes over the wire: bodies, answers and errors in the form of Resource Manager."""

import json
import re
from collections.abc import Sequence
from typing import Any

from werkzeug import Response

Json = dict[str, Any]

RETRY_AFTER = "0.01"
"""Seconds between two polls. Azure says 10 to 30; zero makes the clients wait for 30."""

FIRST_RETRY_AFTER = "1"
"""The same where a generated client insists on a whole number: in the first answer."""


class ArmError(Exception):
    """A refusal, as Resource Manager words it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Json] = (),
        target: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: Json = {"code": code}
        if target:
            self.error["target"] = target
        self.error["message"] = message
        if details:
            self.error["details"] = list(details)

    def response(self) -> Response:
        """Answer with this error."""
        return answer({"error": self.error}, self.status)


def answer(content: Any, status: int = 200, **headers: str) -> Response:
    """Answer with JSON; underscores in the names of headers become hyphens."""
    response = Response(json.dumps(content), status, content_type="application/json; charset=utf-8")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def nothing(status: int, **headers: str) -> Response:
    """Answer without a body."""
    response = Response(b"", status)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def read_body(text: str) -> Json:
    """Read what az sends: JSON, but for the template's unquoted key (its JsonCTemplatePolicy)."""
    body: Json = json.loads(re.sub(r"(?<=[,{ ])template:", '"template":', text, count=1))
    return body
