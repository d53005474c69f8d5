"""The DuckDB database of an engine: sealed before a query runs, and with a time limit."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import duckdb

from evaluator.execution.errors import ExecutionError, TookTooLong

MEMORY_BYTES: Final = 4 * 1024**3
"""Of all rows and queries of an engine, unless DuckDB takes less: most of what is free."""

_OPTIONS: Final = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",  # what does not fit into memory is no reason to fill a disk
}
_SEALING: Final = ("SET enable_external_access = false", "SET lock_configuration = true")


class Database:
    """A database in memory; once it is sealed, nothing reaches files, others, or settings."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        """How long a query may run."""
        self.connection = duckdb.connect(config=dict(_OPTIONS))
        self.connection.execute("SET TimeZone = 'UTC'")
        self._limit_memory()
        self.is_sealed = False
        self._constants: dict[str, str] = {}

    def _limit_memory(self) -> None:
        (limit,) = self.connection.execute("SELECT current_setting('memory_limit')").fetchone() or (
            "",
        )
        number, unit = str(limit).split()
        if float(number) * 1024 ** _UNITS.index(unit) > MEMORY_BYTES:
            self.connection.execute(f"SET memory_limit = '{MEMORY_BYTES}B'")

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
    def running(
        self, sql: str, values: Mapping[str, object], *, limit_s: float | None = None
    ) -> Iterator[Any]:
        """Run SQL within a time limit, that of a query unless given; say in a sentence what failed.

        Raises:
            ExecutionError: it took too long, or cannot be computed.
            KeyboardInterrupt: somebody stopped it.
        """
        limit_s = self.timeout_s if limit_s is None else limit_s
        timer = threading.Timer(limit_s, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield self.connection.execute(sql, dict(values))
        except duckdb.InterruptException:
            raise TookTooLong(f"the query took longer than {limit_s:g} s and was stopped") from None
        except duckdb.Error as error:
            raise ExecutionError(_sentence(error)) from None
        except RuntimeError as error:
            if "interrupted" in str(error).lower():  # so DuckDB tells of Ctrl-C
                raise KeyboardInterrupt from None
            raise
        finally:
            timer.cancel()


def _sentence(error: duckdb.Error) -> str:
    """Say what cannot be computed, without the engine's words for its own SQL."""
    reason = self_made_reason(error)
    if reason:
        return reason
    reasons = (text for kind, text in _REASONS.items() if isinstance(error, kind))
    reason = next(reasons, "the engine refuses them")
    return f"the query cannot be computed on these rows: {reason}"


def self_made_reason(error: duckdb.Error) -> str | None:
    """Say what a query itself did wrong, whatever its rows; None where the engine does not say."""
    own = _OWN.search(str(error))
    if own:
        return own[1]
    reason = _REGEX.search(str(error)) if isinstance(error, duckdb.InvalidInputException) else None
    return f"a regular expression in the query is not valid: {reason[0]}" if reason else None


_UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_OWN: Final = re.compile(r"mlmon: ([^\n]*)")
# What RE2 says of an expression, https://github.com/google/re2/blob/main/re2/parse.cc.
_REGEX: Final = re.compile(
    r"(?:no argument for repetition operator|bad repetition operator|invalid repetition size"
    r"|invalid escape sequence|invalid character class(?: range)?|missing [\])]|unexpected \)"
    r"|trailing \\|invalid perl operator|invalid named capture group|invalid UTF-8"
    r"|pattern too large)[^\n]*"
)
_REASONS: Final[dict[type[duckdb.Error], str]] = {
    duckdb.OutOfMemoryException: "they need more memory than a run may take, "
    f"{MEMORY_BYTES // 1024**3} GB at most",
    duckdb.OutOfRangeException: "a number or a span of time is out of range",
    duckdb.ConversionException: "a value cannot be converted",
    duckdb.InvalidInputException: "a value is not valid for the function it is given to",
}
