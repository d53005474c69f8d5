"""The DuckDB database of an engine: sealed before a query runs, and with a time limit."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import duckdb

from evaluator.execution.errors import ExecutionError

_OPTIONS: Final = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
_SEALING: Final = ("SET enable_external_access = false", "SET lock_configuration = true")


class Database:
    """A database in memory; once it is sealed, nothing reaches files, others, or settings."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        """How long a query may run."""
        self.connection = duckdb.connect(config=dict(_OPTIONS))
        self.connection.execute("SET TimeZone = 'UTC'")
        self.is_sealed = False
        self._constants: dict[str, str] = {}

    def seal(self) -> None:
        """Close the way to files, other databases, extensions and settings, for good."""
        if not self.is_sealed:
            self.is_sealed = True
            for statement in _SEALING:
                self.connection.execute(statement)

    def constant_table(self, select: str) -> str:
        """Store what a SELECT of constants yields in a table, once; return the table's name.

        Raises:
            duckdb.Error: the constants cannot be stored.
        """
        if select not in self._constants:
            name = f"constants{len(self._constants)}"
            self.connection.execute(f"CREATE TABLE {name} AS {select}")
            self._constants[select] = name
        return self._constants[select]

    @contextmanager
    def running(self, sql: str, values: Mapping[str, object], *, times: int = 1) -> Iterator[Any]:
        """Run SQL within the time limit, of so many queries; what goes wrong becomes a sentence.

        Raises:
            ExecutionError: it took too long, or cannot be computed.
        """
        limit_s = self.timeout_s * times
        timer = threading.Timer(limit_s, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield self.connection.execute(sql, dict(values))
        except duckdb.InterruptException:
            raise ExecutionError(
                f"the query took longer than {limit_s:g} s and was stopped"
            ) from None
        except duckdb.Error as error:
            raise ExecutionError(_sentence(error)) from None
        finally:
            timer.cancel()


def _sentence(error: duckdb.Error) -> str:
    """Say what cannot be computed, without the engine's words for its own SQL."""
    reason = next(
        (text for kind, text in _REASONS.items() if isinstance(error, kind)),
        "the engine refuses them",
    )
    return f"the query cannot be computed on these rows: {reason}"


_REASONS: Final[dict[type[duckdb.Error], str]] = {
    duckdb.OutOfMemoryException: "it needs more memory than there is",
    duckdb.OutOfRangeException: "a number is out of range",
    duckdb.ConversionException: "a value cannot be converted",
    duckdb.InvalidInputException: "a value is not valid for the function it is given to",
}
