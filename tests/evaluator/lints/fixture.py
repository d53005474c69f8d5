"""Reads a fixture into what lints look at; README.md says how one is written."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from evaluator.analysis.language_service import language_service
from evaluator.lints.catalog import LINTS
from evaluator.lints.lint import FleetFacts, LintContext
from evaluator.lints.run import run_lints
from evaluator.query_text import QueryText, of_file
from evaluator.rules import Condition, Dimension, LogAlertRule
from evaluator.sources.yaml_text import scalar_pieces
from evaluator.tables import read_tables
from generator.diagnostics import Problem
from generator.durations import parse_duration
from generator.source import Source, parse
from tests.conftest import TODAY
from tests.sections import sections

_QUERY_OR_RULE = re.compile(r"(?:query(?=.*\.kql)|rule(?=.*\.yaml))(|-\d)\.(?:kql|yaml)")

TABLES = read_tables(Path(__file__).parents[3] / "kql" / "tables")

HEALTHY = LogAlertRule(
    id="rule",
    display_name="Model Accuracy Degraded",
    query=QueryText("", ()),
    condition=Condition("Count", "GreaterThan", 0.0),
    evaluation_frequency=timedelta(minutes=5),
    window_size=timedelta(minutes=5),
    severity=2,
    description="Fires where the accuracy of a model stays below its limit.",
    action_groups=("operations",),
)


def _text(value: object) -> str:
    assert isinstance(value, str), f"{value!r} is no text"
    return value


def _whole(value: object) -> int:
    assert type(value) is int, f"{value!r} is no whole number"
    return value


def _boolean(value: object) -> bool:
    assert isinstance(value, bool), f"{value!r} is neither true nor false"
    return value


def _number(value: object) -> float:
    assert isinstance(value, int | Decimal), f"{value!r} is no number"
    return float(value)


def _duration(value: object) -> timedelta:
    duration = parse_duration(_text(value))
    assert duration is not None, f"{value!r} is no ISO 8601 duration"
    return duration


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, list), f"{value!r} is no list"
    return tuple(map(_text, value))


def _properties(value: object) -> dict[str, str]:
    assert isinstance(value, dict), f"{value!r} is no mapping"
    return {name: _text(text) for name, text in value.items()}


def _named_texts(value: object) -> dict[str, frozenset[str]]:
    assert isinstance(value, dict), f"{value!r} is no mapping"
    return {name: frozenset(_texts(texts)) for name, texts in value.items()}


def _dimensions(value: object) -> tuple[Dimension, ...]:
    assert isinstance(value, list), f"{value!r} is no list"
    return tuple(
        Dimension(**{**v, "values": _texts(v.get("values", ["*"]))})
        if isinstance(v, dict)
        else Dimension(_text(v))
        for v in value
    )


Read = Callable[[object], object]

_OF_RULE: dict[str, tuple[str, Read]] = {
    "name": ("id", _text),
    "kind": ("kind", _text),
    "enabled": ("enabled", _boolean),
    "severity": ("severity", _whole),
    "displayName": ("display_name", _text),
    "description": ("description", _text),
    "evaluationFrequency": ("evaluation_frequency", _duration),
    "windowSize": ("window_size", _duration),
    "overrideQueryTimeRange": ("override_query_time_range", _duration),
    "muteActionsDuration": ("mute_actions_duration", _duration),
    "autoMitigate": ("auto_mitigate", _boolean),
    "timeToResolve": ("time_to_resolve", _duration),
    "dynamicThreshold": ("dynamic_threshold", _boolean),
    "customProperties": ("custom_properties", _properties),
    "actionGroups": ("action_groups", _texts),
    "sizeBytes": ("size_bytes", _whole),
}
_OF_CONDITION: dict[str, tuple[str, Read]] = {
    "timeAggregation": ("time_aggregation", _text),
    "metricMeasureColumn": ("metric_measure_column", _text),
    "dimensions": ("dimensions", _dimensions),
    "operator": ("operator", _text),
    "threshold": ("threshold", _number),
    "numberOfEvaluationPeriods": ("number_of_evaluation_periods", _whole),
    "minFailingPeriodsToAlert": ("min_failing_periods_to_alert", _whole),
}


def _read_known(written: Mapping[str, object], known: dict[str, tuple[str, Read]]) -> Any:
    return {known[k][0]: known[k][1](value) for k, value in written.items() if k in known}


def read_rule(file: str, text: str, query: QueryText | None) -> LogAlertRule:
    source = parse(text, file)
    written = source.data
    assert isinstance(written, dict), f"{file} is no mapping"
    unknown = set(written) - {*_OF_RULE, *_OF_CONDITION, "query", "tested", "copies"}
    assert not unknown, f"{file} has unknown keys: {', '.join(sorted(unknown))}"
    places = {name: source.locate((name,)) for name in written}
    top = source.locate((next(iter(written)),), key=True)
    rule = replace(
        HEALTHY,
        id=file.removesuffix(".yaml"),
        query=query or _written_query(source),
        condition=replace(HEALTHY.condition, **_read_known(written, _OF_CONDITION)),
        places={"": top, **places},
    )
    return replace(rule, **_read_known(written, _OF_RULE))


def _written_query(source: Source) -> QueryText:
    assert source.has(("query",)), f"{source.file} has no `query` and there is no section of one"
    value = _text(source.data["query"] if isinstance(source.data, dict) else None)
    return QueryText(value, tuple(scalar_pieces(source, source.locate(("query",)), value, 0)))


def _tested(text: str) -> tuple[bool, bool] | None:
    written = parse(text, "rule.yaml").data
    value = written.get("tested") if isinstance(written, dict) else None
    if value is None:
        return None
    assert isinstance(value, list), "`tested` is a list"
    fires, quiet = map(_boolean, value)
    return fires, quiet


def read_fleet(text: str) -> FleetFacts:
    written = parse(text, "fleet.yaml").data
    assert isinstance(written, dict)
    known: dict[str, tuple[str, Read]] = {
        "circuits": ("circuits", _whole),
        "metrics": ("metrics", lambda value: frozenset(_texts(value))),
        "events": ("events", lambda value: frozenset(_texts(value))),
        "plants": ("plants", _whole),
        "gauges": (
            "gauges",
            lambda value: {k: _duration(v) for k, v in _properties(value).items()},
        ),
        "properties": ("properties", _named_texts),
        "measurements": ("measurements", _named_texts),
    }
    assert set(written) <= set(known), f"fleet.yaml has keys other than {', '.join(known)}"
    nothing: dict[str, Any] = {"circuits": 1, "metrics": frozenset(), "events": frozenset()}
    return FleetFacts(**(nothing | _read_known(written, known)))


def contexts(files: Mapping[str, str]) -> Iterator[LintContext]:
    fleet = read_fleet(files["fleet.yaml"]) if "fleet.yaml" in files else None
    numbers = [m[1] for m in map(_QUERY_OR_RULE.fullmatch, files) if m]
    for suffix in dict.fromkeys(numbers):
        query_file, rule_file = f"query{suffix}.kql", f"rule{suffix}.yaml"
        query = of_file(query_file, files[query_file]) if query_file in files else None
        rule = read_rule(rule_file, files[rule_file], query) if rule_file in files else None
        text = rule.query if rule else query
        assert text is not None
        analysis = language_service(TABLES).analyse(text.text)
        subject = rule.id if rule else query_file.removesuffix(".kql")
        tested = _tested(files[rule_file]) if rule else None
        context = LintContext(subject, text, analysis, TABLES, rule, fleet, tested)
        yield from _copies(context, files[rule_file]) if rule else (context,)


def _copies(context: LintContext, text: str) -> Iterator[LintContext]:
    """Repeat a rule under other names and with other thresholds, `copies` times in all."""
    assert context.rule is not None
    yield context
    written = parse(text, "rule.yaml").data
    copies = _whole(written.get("copies", 1)) if isinstance(written, dict) else 1
    for number in range(2, copies + 1):
        condition = replace(context.rule.condition, threshold=float(number))
        rule = replace(context.rule, id=f"{context.rule.id}-{number}", condition=condition)
        yield replace(context, subject=rule.id, rule=rule)


@dataclass(frozen=True)
class Fixture:
    path: Path
    """Of the form AREA/NAME/good-WHAT.txt or bad-WHAT.txt."""

    @property
    def lint_id(self) -> str:
        return "/".join(self.path.parts[-3:-1])

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def files(self) -> dict[str, str]:
        read = {s.file: s.body for s in sections(self.text)}
        for name in read:
            assert _QUERY_OR_RULE.fullmatch(name) or name in {"fleet.yaml", "expected"}, name
        return read

    def problems(self) -> list[Problem]:
        return run_lints(list(contexts(self.files)), date.fromisoformat(TODAY), LINTS)
