"""Writes the generated parts of this folder: `python -m docs.generate`.

Whole pages (`diagnostics.md`, `cli.md`, `lints/`) and, in the other pages, what stands between two
comments: `<!-- keys: Circuit -->` (a table of a model's keys), or the name of something else such
as `<!-- rules -->` (a table of the shipped rules), and `<!-- end -->`. Everything comes from the
product itself, so that a page cannot say what the program does not do; `tests/test_docs.py` fails
when a page is stale.
"""

import inspect
import os
import re
import subprocess
import sys
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, BeforeValidator, TypeAdapter
from pydantic.fields import FieldInfo

from docs import cost_tables
from docs.deployment_tables import normalisation_rows, ownership_rows
from docs.lint_pages import lint_pages
from docs.telemetry_tables import event_rows, metric_rows
from evaluator.backtest.catalog import ENTRIES as BACKTEST_IDS
from evaluator.lints.unanalysed import ENTRIES as UNANALYSED_IDS
from evaluator.recorded.catalog import ENTRIES as DATA_IDS
from evaluator.rule_tests.catalog import ENTRIES as RULE_TEST_IDS
from evaluator.sources.catalog import ENTRIES as TEMPLATE_IDS
from generator import conventions
from generator.catalog import CATALOG
from generator.loader import load
from generator.models.alerts import AlertRule, AlertsFile
from generator.models.base import StrictModel
from generator.models.circuits import CircuitsFile
from generator.models.environments import Environment
from generator.models.thresholds import LimitOverrides, ThresholdsFile
from monitoring.decision_table import COLUMNS, table_cells
from monitoring.quality import CHECKS

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
FILES = (CircuitsFile, ThresholdsFile, AlertsFile, Environment)
"""The model of each kind of configuration file."""

SHOWN_ELSEWHERE = (LimitOverrides,)
"""Its keys are those of `DefaultLimits`, without the defaults."""

_BASES: dict[object, str] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    Decimal: "number",
    timedelta: "ISO 8601 duration such as `PT6H`",
    date: "day such as `2027-03-31`",
    datetime: "time such as `2027-03-31T22:00:00Z`",
}
_EXAMPLES = {"_timezone": "an IANA time zone", "_known_country": "an SMS country code"}


def pages() -> dict[str, str]:
    """Make every page that is generated, whole or in part, by its file name in this folder."""
    made = {"diagnostics.md": _diagnostics(), "cli.md": _cli(), **lint_pages()}
    for path in sorted(DOCS.glob("*.md")):
        if path.name not in made:
            text = path.read_text(encoding="utf-8")
            if "<!-- end -->" in text:
                made[path.name] = _filled(text, path.name)
    return made


# Models and their keys.


def reachable_models() -> list[type[StrictModel]]:
    """Tell every model that a configuration file can hold, in the order of discovery."""
    found: list[type[StrictModel]] = []
    queue: list[type[StrictModel]] = list(FILES)
    while queue:
        model = queue.pop(0)
        if model in found:
            continue
        found.append(model)
        hints = typing.get_type_hints(model, include_extras=True)
        for name in model.model_fields:
            queue += _models_in(hints[name])
    return found


def documented_models() -> dict[str, type[StrictModel]]:
    """Tell the models that need a table, by name: those that declare keys, and their parents."""
    needed = {
        parent.__name__: parent
        for model in reachable_models()
        for parent in model.__mro__
        if issubclass(parent, StrictModel) and _own_keys(parent) and parent not in SHOWN_ELSEWHERE
    }
    return dict(sorted(needed.items()))


def _own_keys(model: type[StrictModel]) -> list[str]:
    own = inspect.get_annotations(model)
    return [name for name in model.model_fields if name in own]


def _models_in(hint: object) -> list[type[StrictModel]]:
    if isinstance(hint, type) and issubclass(hint, StrictModel):
        return [hint]
    return [model for part in typing.get_args(hint) for model in _models_in(part)]


def _keys_table(model: type[StrictModel]) -> str:
    hints = typing.get_type_hints(model, include_extras=True)
    rows = [("key", "type", "default", "meaning")]
    for name in _own_keys(model):
        field = model.model_fields[name]
        rows.append(
            (
                f"`{field.alias or name}`",
                _words(hints[name]),
                _default(field),
                _meaning(model, name, field),
            )
        )
    return _table(rows)


def _meaning(model: type[StrictModel], name: str, field: FieldInfo) -> str:
    key = f"{model.__name__}.{name}"
    parents = [p for p in model.__mro__[1:] if issubclass(p, StrictModel)]
    inherited = [p.model_fields[name] for p in parents if name in p.model_fields]
    described = [f.description for f in (field, *inherited) if f.description]
    if not described:
        raise ValueError(f"{key} has no docstring: write one")
    return " ".join(described[0].split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, StrictModel):
        given = value.model_dump(by_alias=True, exclude_none=True, mode="json")
        return "its defaults" if value == type(value).model_construct() else _code(_flow(given))
    return _code(_flow(value))


def _flow(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    return str(value)


def _code(text: str) -> str:
    return f"`{text}`"


# Types in words.


def _words(hint: object) -> str:
    """Say a type in words: what a reader writes in YAML."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _either(arguments)
    if origin is Literal:
        return "one of " + ", ".join(_code(_flow(a)) for a in arguments)
    if origin is list:
        words = _words(arguments[0])
        return (
            f"list, each {words}" if words.startswith(("a ", "an ", "one ")) else f"list of {words}"
        )
    if origin is dict:
        return f"mapping of names to {_words(arguments[1])}"
    if isinstance(hint, type) and issubclass(hint, StrictModel):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return _BASES[hint]


def _either(arguments: tuple[object, ...]) -> str:
    parts = [a for a in arguments if a is not type(None)]
    choices = [v for a in parts if typing.get_origin(a) is Literal for v in typing.get_args(a)]
    words = [_code(_flow(c)) for c in choices]
    words += [_words(a) for a in parts if typing.get_origin(a) is not Literal]
    return " or ".join(words)


def _annotated(base: object, metadata: tuple[object, ...]) -> str:
    """Say an annotated type: its validators name what they want, else its bounds do."""
    words = _words(base)
    bounds = _range(base, metadata)
    for item in metadata:
        if isinstance(item, (AfterValidator, BeforeValidator)):
            words, bounds = _validated(item, words, bounds)
        elif isinstance(item, FieldInfo):
            lengths = [getattr(m, "min_length", None) for m in item.metadata]
            bounds = [*bounds, *("not empty" for length in lengths if length == 1)]
    return ", ".join([words, *dict.fromkeys(bounds)])


def _range(base: object, metadata: tuple[object, ...]) -> list[str]:
    """Say a number's bounds, which its JSON Schema knows."""
    if base not in (int, Decimal):
        return []
    # Of a field only its bounds: its alias means nothing here.
    parts = [m.metadata if isinstance(m, FieldInfo) else [m] for m in metadata]
    hint: Any = Annotated[base, *(part for group in parts for part in group)]
    schema = TypeAdapter(hint).json_schema()
    named = (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
    )
    return [f"{words} {schema[key]:g}" for key, words in named if key in schema]


def _validated(
    validator: AfterValidator | BeforeValidator, words: str, bounds: list[str]
) -> tuple[str, list[str]]:
    function: Any = validator.func
    name = str(getattr(function, "__name__", ""))
    if name in _EXAMPLES:
        return _EXAMPLES[name], bounds
    # What a factory of validators was given: the words it completes, its limits, its list.
    given = inspect.getclosurevars(function).nonlocals if inspect.isfunction(function) else {}
    if "durations" in given:
        return "one of " + ", ".join(_code(d) for d in given["durations"]), bounds
    if "compiled" in given:
        return str(given["what"]), bounds
    if {"minimum", "maximum"} <= given.keys():
        return words, [*bounds, f"up to {given['maximum']} characters"]
    return words, bounds


# Pages.


def _filled(text: str, page: str) -> str:
    """Fill what stands between a page's comments."""

    def fill(match: re.Match[str]) -> str:
        kind, _, name = match[1].partition(": ")
        if kind == "keys":
            models = documented_models()
            if name not in models:
                raise ValueError(f"{page} shows the keys of {name}, which is no model of a file")
            content = _keys_table(models[name])
        elif kind in _TABLES:
            content = _TABLES[kind]()
        else:
            raise ValueError(f"{page} has a comment {match[1]!r} that nothing fills")
        return f"<!-- {match[1]} -->\n{content}<!-- end -->"

    pattern = rf"<!-- ((?:keys: \w+)|{'|'.join(_TABLES)}) -->\n.*?<!-- end -->"
    return re.sub(pattern, fill, text, flags=re.DOTALL)


def _rules_table() -> str:
    head = ("rule", "severity", "evaluated", "window", "fires when", "state", "calls")
    return _table([head, *(_rule_row(rule) for rule in shipped_rules())])


def _decisions_table() -> str:
    return _table([COLUMNS, *table_cells()])


def _quality_table() -> str:
    head = ("check", "measures", "unit", "above its limit")
    rows = [(f"`{c.name}`", c.measures, c.unit, c.outcome.value) for c in CHECKS]
    return _table([head, *rows])


def _cost_table(rows: Callable[[], cost_tables.Rows]) -> Callable[[], str]:
    return lambda: _table(rows())


_TABLES: dict[str, Callable[[], str]] = {
    **{name: _cost_table(rows) for name, rows in cost_tables.TABLES.items()},
    "cost-assumptions": cost_tables.assumptions,
    "decisions": _decisions_table,
    "normalisation": lambda: _table(normalisation_rows()),
    "ownership": lambda: _table(ownership_rows()),
    "quality-checks": _quality_table,
    "rules": _rules_table,
    "telemetry-events": lambda: _table(event_rows()),
    "telemetry-metrics": lambda: _table(metric_rows()),
}


def shipped_rules() -> list[AlertRule]:
    """Read the rules of this repository's own configuration."""
    configuration, problems = load(ROOT / "config")
    if configuration is None or problems:
        raise ValueError("the configuration has problems; run `make validate`")
    return configuration.alerts.model.alert_rules


def _rule_row(rule: AlertRule) -> tuple[str, ...]:
    signs = {
        "Equal": "=",
        "GreaterThan": ">",
        "GreaterThanOrEqual": ">=",
        "LessThan": "<",
        "LessThanOrEqual": "<=",
    }
    measure = rule.measure
    what = f"{measure.aggregation} of {measure.column}" if measure.column else "count of rows"
    split = " and ".join(d.name.removesuffix("_id") for d in rule.dimensions)
    identifier = conventions.rule_id(rule.name)
    return (
        f"[{rule.name}](runbooks/{identifier}.md)",
        str(rule.severity),
        f"every {rule.frequency}",
        rule.time_window,
        f"{what} {signs[rule.operator]} {rule.threshold}" + (f", per {split}" if split else ""),
        "stateful" if rule.stateful else f"stateless, muted {rule.throttling}",
        ", ".join(rule.action_groups),
    )


def _diagnostics() -> str:
    """Make the page of problem ids from the catalogue."""
    lines = [
        "# Diagnostics",
        "",
        "<!-- Generated by `make docs` from the catalogues. Do not edit. -->",
        "",
        "Every problem that `mlmon` reports carries one of these ids.",
        "The message of a problem says what is wrong in this place and how to fix it; this page "
        "says why it is a problem at all.",
        "Ids are never renamed or reused.",
    ]
    ids = CATALOG | RULE_TEST_IDS | TEMPLATE_IDS | DATA_IDS | BACKTEST_IDS | UNANALYSED_IDS
    for group in dict.fromkeys(identifier.partition("/")[0] for identifier in ids):
        lines += ["", f"## {group}"]
        for identifier, entry in ids.items():
            if identifier.startswith(f"{group}/"):
                lines += ["", f"### {identifier}", "", f"**{entry.summary}.**", entry.reason]
    return "\n".join(lines) + "\n"


def command_names() -> list[str]:
    """Tell the names of every command, in the order of the help."""
    import typer.main

    from cli.main import app

    group: Any = typer.main.get_command(app)
    return list(group.commands)


def _help(*arguments: str) -> str:
    program = "from cli.main import main; main()"
    result = subprocess.run(  # noqa: S603 - this interpreter, and names of our own commands
        [sys.executable, "-c", program, *arguments, "--help"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return "\n".join(line.rstrip() for line in result.stdout.strip("\n").splitlines())


_CLI_INTRODUCTION = """\
# Command line

<!-- Generated by `make docs` from the help of each command. Do not edit. -->

Results go to standard output, everything else to standard error.

| exit code | meaning |
| --- | --- |
| 0 | done, and nothing to complain about |
| 1 | findings: wrong configuration, stale output, compiler diagnostics, a failed deployment |
| 2 | wrong usage, or a tool, file or secret is missing |
| 3 | done in part: some circuits were not judged, or some messages not sent |

| environment variable | read by | meaning |
| --- | --- | --- |
| `BICEP` | `build` | The Bicep CLI; else `PATH`, `~/.azure/bin` and `.tools` are searched. |
| `AZURE_LOG_ANALYTICS_URL` | `doctor` | [Where queries go](doctor.md#another-cloud) in \
another cloud. |
| `AZ` | commands that reach Azure | Name or path of the Azure CLI; unless set `az`, then what \
`make azure-cli` installed. |
| `MLMON_SECRET_*` | `what-if`, `deploy`, `notify` | [URLs of webhooks](deployment.md#secrets) \
and [secrets of notifications](notifications.md#secrets). |
| `MLMON_SKIP_QUERY_VALIDATION` | `what-if` | `true` shows what `deploy --first` \
[would do](deployment.md#first-deployment). |
| `NO_COLOR` | all | No colour, also on a terminal. |
"""


def _cli() -> str:
    """Make the page of commands from their help."""
    parts = [_CLI_INTRODUCTION, "## mlmon", _fence(_help())]
    for name in command_names():
        parts += [f"## mlmon {name}", _fence(_help(name))]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _fence(text: str) -> str:
    return f"```text\n{text}\n```"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |\n" for row in lines)


def write() -> Iterator[str]:
    """Write every page that changed and tell its name."""
    for name, text in pages().items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            yield name


if __name__ == "__main__":
    for changed in write():
        print(f"docs/{changed}")  # noqa: T201
