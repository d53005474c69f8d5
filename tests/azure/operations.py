"""Long-running operations: the first poll always says that it still runs."""

from collections.abc import Callable

from werkzeug import Response

from tests.azure.state import SUBSCRIPTION
from tests.azure.wire import RETRY_AFTER, ArmError, nothing

Result = Response | Callable[[], Response | None]


class Operations:
    """Operations by number; a result may be computed at each poll, None meaning not yet."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._results: list[Result] = []
        self._polled: set[int] = set()

    def start(self, result: Result) -> str:
        """Start an operation and return the address to poll."""
        self._results.append(result)
        number = len(self._results)
        return (
            f"{self.url}/subscriptions/{SUBSCRIPTION}/operationresults/{number}"
            f"?api-version=2025-04-01"
        )

    def poll(self, number: int) -> Response:
        """Answer one poll.

        Raises:
            ArmError: there is no such operation.
        """
        if not 0 < number <= len(self._results):
            raise ArmError(404, "OperationNotFound", f"operation {number} is not there")
        result = self._results[number - 1]
        if number not in self._polled:
            self._polled.add(number)
        elif isinstance(result, Response):
            return result
        elif (ready := result()) is not None:
            return ready
        where = f"{self.url}/subscriptions/{SUBSCRIPTION}/operationresults/{number}"
        return nothing(202, Location=f"{where}?api-version=2025-04-01", Retry_After=RETRY_AFTER)
