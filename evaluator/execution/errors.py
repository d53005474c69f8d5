"""Why a query does not run."""


class NotExecutable(Exception):  # noqa: N818 - says what the query is, not that something broke
    """A query that the engine cannot run exactly: it is checked, and not run."""

    def __init__(self, reason: str, start: int = 0, end: int = 0, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        """A sentence without a full stop."""
        self.start = start
        """Offset in the query of what cannot be run, 0-based."""
        self.end = end
        """Exclusive; equal to `start` where the place is not known."""
        self.hint = hint
        """What can be written instead; empty where nothing is known."""


class ExecutionError(Exception):
    """A query that broke off, such as one over the time limit; the message is a sentence."""


class TookTooLong(ExecutionError):  # noqa: N818 - says what it did
    """A query that was stopped at its time limit."""


class ResultTooLarge(ExecutionError):  # noqa: N818 - says what the result is
    """A result that Azure would not take from a rule's query (E14)."""


class RowError(ValueError):
    """A row that does not fit its table; the message is a sentence."""
