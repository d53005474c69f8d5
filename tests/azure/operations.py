"""Long-running operations: the first poll always says that it still runs."""

from collections.abc import Callable

from werkzeug import Response

from tests.azure.state import SUBSCRIPTION
from tests.azure.wire import RETRY_AFTER, ArmError, answer, nothing

Result = Response | Callable[[], Response | None]


class Operations:
    """Operations by number; a result may be computed at each poll, None meaning not yet."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._results: list[tuple[Result, bool]] = []
        self._polled: set[int] = set()

    def start(self, result: Result, *, with_status: bool = False) -> str:
        """Start an operation and return the address to poll.

        Args:
            result: what the poll answers in the end.
            with_status: whether polls answer a status, as for an `Azure-AsyncOperation` header,
                or no body until there is a result, as for a `Location` header.
        """
        self._results.append((result, with_status))
        return self._address(len(self._results))

    def poll(self, number: int) -> Response:
        """Answer one poll.

        Raises:
            ArmError: there is no such operation.
        """
        if not 0 < number <= len(self._results):
            raise ArmError(404, "OperationNotFound", f"operation {number} is not there")
        result, with_status = self._results[number - 1]
        if number in self._polled:
            ready = result if isinstance(result, Response) else result()
            if ready is not None:
                return ready
        self._polled.add(number)
        if with_status:
            return answer({"status": "Running"}, Retry_After=RETRY_AFTER)
        return nothing(202, Location=self._address(number), Retry_After=RETRY_AFTER)

    def _address(self, number: int) -> str:
        path = f"/subscriptions/{SUBSCRIPTION}/operationresults/{number}"
        return f"{self.url}{path}?api-version=2025-04-01"
