"""Microsoft's Kusto language service, run inside this process on V8.

The service is the npm package `@kusto/language-service-next`: the analyser of the Azure portal and
of Kusto Explorer, compiled to JavaScript. `make` fetches the version that is pinned in
`tools/package.json`; no Node is needed to run it.
"""

import atexit
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from evaluator.analysis.cache import FOLDER, AnswerCache
from evaluator.analysis.literals import constant_of
from evaluator.analysis.syntax import Analysis, Column, Diagnostic, Node
from evaluator.tables import Table
from generator.escape import kql_string

PACKAGE: Final = (
    Path(__file__).resolve().parents[2] / "tools/node_modules/@kusto/language-service-next"
)
_BRIDGE: Final = Path(__file__).with_name("bridge.js")
_TIME_LIMIT_S: Final = 20.0
"""Of the analysis of one query, which takes a tenth of a second, and one of a thousand pipes a few;
thousands of nested parentheses take minutes."""

_TOO_DEEP: Final = "the query is nested too deeply for the language service"

# Bridge.NET expects a browser's globals.
_BROWSER: Final = """
var window = this, self = this, global = this, console = {log() {}, error() {}, warn() {}};
var document = {readyState: "complete", getElementsByTagName() { return []; },
                querySelectorAll() { return []; }, addEventListener() {}};
window.addEventListener = function () {};
"""


class LanguageServiceMissing(Exception):  # noqa: N818 - a missing tool, said as one
    """The language service is not installed; the message says how to get it."""


class AnalysisError(Exception):
    """The language service itself failed on a query."""


class LanguageService:
    """A warm language service that knows some tables.

    Only one V8 is started in a process: several services share it and tell it their tables anew.
    """

    _context: Any = None
    _loaded: "LanguageService | None" = None

    def __init__(self, tables: Mapping[str, Table], cache_folder: Path = FOLDER) -> None:
        """Make sure that the service can be started; it is when a query is new.

        Raises:
            LanguageServiceMissing: the npm package is missing.
        """
        version, bridge = _installed()
        self._tables = [[name, _schema(table)] for name, table in sorted(tables.items())]
        self._cache = AnswerCache(cache_folder, [version, bridge, json.dumps(self._tables)])
        self._analyses: dict[str, Analysis] = {}

    def analyse(self, text: str) -> Analysis:
        """Analyse a query; the same text is analysed once.

        Raises:
            AnalysisError: the service failed; no property of the query is known.
            LanguageServiceMissing: the Python package `mini-racer` is missing.
        """
        if text not in self._analyses:
            answer = self._cache.get(text)
            if answer is None:
                told = self._answer(text)
                answer = json.loads(told)
                if answer is None:
                    raise AnalysisError(_TOO_DEEP)
                self._cache.put(text, told)
            self._analyses[text] = _analysis(text, answer)
        return self._analyses[text]

    def _answer(self, text: str) -> str:
        if LanguageService._context is None:
            LanguageService._context = _start()
        from py_mini_racer import JSEvalException, JSTimeoutException  # heavy, and optional

        context = LanguageService._context
        try:
            if LanguageService._loaded is not self:
                context.call("mlmonTables", self._tables)
                LanguageService._loaded = self
            return str(context.call("mlmonAnalyse", text, timeout_sec=_TIME_LIMIT_S))
        except JSTimeoutException:
            context.eval("0")  # behind what was stopped: it must have ended before V8 may close
            raise AnalysisError(
                f"the language service did not finish the query within {_TIME_LIMIT_S:g} s"
            ) from None
        except JSEvalException as error:
            raise AnalysisError(_reason(error)) from None


def _reason(error: Exception) -> str:
    # What follows is V8's copy of the service's whole source line.
    reason = str(error).partition("\n")[0][:200]
    if "Maximum call stack size" in reason:
        return _TOO_DEEP
    return f"the language service failed on the query: {reason}"


def _installed() -> tuple[str, str]:
    """Return what tells one version of the service from another."""
    if not all(file.is_file() for file in (*_scripts(), PACKAGE / "package.json")):
        raise LanguageServiceMissing(
            "the Kusto language service is missing; install npm and run `make lint`, or "
            "`npm ci --prefix tools`"
        )
    package = (PACKAGE / "package.json").read_text(encoding="utf-8")
    return package, _BRIDGE.read_text(encoding="utf-8")


def _scripts() -> tuple[Path, ...]:
    return PACKAGE / "bridge.min.js", PACKAGE / "Kusto.Language.Bridge.min.js", _BRIDGE


def _start() -> Any:
    try:
        from py_mini_racer import MiniRacer  # heavy, and optional
    except ImportError as error:
        raise LanguageServiceMissing(
            "the Python package mini-racer is missing; install mlmon[evaluator]"
        ) from error
    context = MiniRacer()
    context.eval(_BROWSER)
    for file in _scripts():
        context.eval(file.read_text(encoding="utf-8"))
    atexit.register(context.close)  # its thread would keep the process from ending
    return context


def _schema(table: Table) -> str:
    columns = ", ".join(f"[{kql_string(name)}]: {kind}" for name, kind in table.columns.items())
    return f"({columns})"


def _analysis(text: str, answer: Any) -> Analysis:
    diagnostics, columns, rows = answer
    position = _positions(text)
    return Analysis(
        text=text,
        diagnostics=tuple(
            Diagnostic(code, severity, message, position(start), position(end))
            for code, severity, message, start, end in diagnostics
        ),
        columns=_columns(columns),
        root=_tree(rows, text, position),
    )


def _columns(columns: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in columns)


def _tree(rows: Sequence[Any], text: str, position: Callable[[int], int]) -> Node:
    """Make the tree of its rows, each of which stands behind its parent."""
    below: list[list[Node]] = [[] for _ in rows]
    root: Node | None = None
    for number in range(len(rows) - 1, -1, -1):
        kind, first, last, parent, name, symbol, type_, columns, constant = rows[number]
        start, end = position(first), position(last)
        root = Node(
            kind=kind,
            start=start,
            end=end,
            text=text[start:end],
            children=tuple(reversed(below[number])),
            name=name,
            symbol=symbol,
            type=type_,
            columns=_columns(columns),
            constant=constant_of(kind, text[start:end], constant),
        )
        if parent >= 0:
            below[parent].append(root)
    assert root is not None  # noqa: S101 - every answer has the whole query
    return root


def _positions(text: str) -> Callable[[int], int]:
    """Turn JavaScript's offsets, in UTF-16 units, into Python's."""
    if text.isascii() or max(text) <= "\uffff":
        return lambda offset: min(offset, len(text))
    offsets = [i for i, c in enumerate(text) for _ in range(2 if c > "\uffff" else 1)]
    offsets.append(len(text))
    return lambda offset: offsets[min(offset, len(offsets) - 1)]


_SERVICES: Final[dict[tuple[Table, ...], LanguageService]] = {}


def language_service(tables: Mapping[str, Table]) -> LanguageService:
    """Return this process's service for some tables; started once.

    Raises:
        LanguageServiceMissing: the npm package or the Python package `mini-racer` is missing.
    """
    key = tuple(table for _, table in sorted(tables.items()))
    if key not in _SERVICES:
        _SERVICES[key] = LanguageService(tables)
    return _SERVICES[key]
