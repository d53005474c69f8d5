"""Rules of `alerts.yaml`: what Azure refuses, and what would page nobody."""

from collections.abc import Iterator, Mapping

from generator import azure, conventions
from generator.diagnostics import Problem
from generator.kql import (
    QueryError,
    classic_tables,
    parse_query,
    tokens,
    unsupported_operators,
    uses_table,
)
from generator.loader import Configuration, Document
from generator.models.alerts import AlertRule, AlertsFile
from generator.source import Path_

Rules = Document[AlertsFile]


def check_alerts(configuration: Configuration, query_files: Mapping[str, str]) -> Iterator[Problem]:
    """Check every rule and group; `query_files` are the texts under kql/alerts by file name."""
    document = configuration.alerts
    groups = document.names("action_groups", "name")
    yield from _names(document)
    for rule in document.model.alert_rules:
        yield from _groups(document, rule, groups)
        yield from _times(document, rule)
        yield from _state(document, rule)
        yield from _dimensions(document, rule)
        yield from _query(document, rule, query_files)
    yield from _texts(document, query_files)
    one_minute = [r for r in document.model.alert_rules if r.frequency == "PT1M"]
    if len(one_minute) > azure.MAX_ONE_MINUTE_RULES:
        yield document.problem(
            (*one_minute[-1].path, "frequency"),
            "alerts/rule-limit",
            f"{len(one_minute)} rules run every minute, Azure allows {azure.MAX_ONE_MINUTE_RULES}",
            "evaluate some of them every five minutes",
        )


def _names(document: Rules) -> Iterator[Problem]:
    for collection in ("alert_rules", "action_groups"):
        first: dict[str, str] = {}
        for entry in getattr(document.model, collection):
            identifier = conventions.slug(entry.name)
            if not identifier:
                yield document.problem(
                    (*entry.path, "name"),
                    "config/bad-format",
                    f"the name `{entry.name}` has no letter or digit to make an id of",
                    "use latin letters or digits in it",
                )
            elif len(identifier) > 200:
                yield document.problem(
                    (*entry.path, "name"),
                    "config/too-long",
                    f"the id made of the name has {len(identifier)} characters, allowed are 200",
                    "write a shorter name in latin letters",
                )
            elif identifier in first:
                yield document.problem(
                    (*entry.path, "name"),
                    "alerts/duplicate",
                    f"`{entry.name}` and `{first[identifier]}` both have the id `{identifier}`",
                    "choose names that differ in more than case and punctuation",
                )
            first.setdefault(identifier, entry.name)


def _groups(document: Rules, rule: AlertRule, groups: set[str]) -> Iterator[Problem]:
    for index, name in enumerate(rule.action_groups):
        if name not in groups:
            yield document.problem(
                (*rule.path, "actionGroups", index),
                "alerts/unknown-action-group",
                f"the action group `{name}` is not defined",
                f"define it under action_groups; known are {', '.join(sorted(groups)) or '(none)'}",
            )
    if len(rule.action_groups) > azure.MAX_ACTION_GROUPS_OF_A_RULE:
        yield document.problem(
            (*rule.path, "actionGroups"),
            "alerts/too-many-action-groups",
            f"{len(rule.action_groups)} action groups, Azure takes "
            f"{azure.MAX_ACTION_GROUPS_OF_A_RULE} on a rule",
            "put receivers together in one group",
            key=True,
        )


def _times(document: Rules, rule: AlertRule) -> Iterator[Problem]:
    frequency = azure.EVALUATION_FREQUENCIES[rule.frequency]
    window = azure.WINDOW_SIZES[rule.time_window]
    span = window * rule.evaluation_periods
    minute = rule.frequency == "PT1M"
    if (rule.time_window == "PT1M" and not minute) or (
        minute and rule.time_window in {"P1D", "P2D"}
    ):
        yield document.problem(
            (*rule.path, "timeWindow"),
            "alerts/window",
            f"the window {rule.time_window} does not go with the frequency {rule.frequency}",
            "PT1M windows need a frequency of PT1M, which allows windows up to PT6H",
        )
    if span > azure.MAX_LOOKBACK:
        yield document.problem(
            (*rule.path, "timeWindow"),
            "alerts/lookback",
            f"{rule.evaluation_periods} windows of {rule.time_window} are more than two days",
            "use a smaller window or fewer periods",
        )
    if frequency > span:
        yield document.problem(
            (*rule.path, "frequency"),
            "alerts/window-gap",
            f"evaluated every {rule.frequency} over {rule.evaluation_periods} x "
            f"{rule.time_window}: rows in between are never seen",
            "make the window at least as long as the frequency",
        )
    if rule.min_failing_periods > rule.evaluation_periods:
        yield document.problem(
            (*rule.path, "minFailingPeriods"),
            "alerts/periods",
            f"{rule.min_failing_periods} failing periods of {rule.evaluation_periods} can never be",
            "write minFailingPeriods not above evaluationPeriods",
        )
    if rule.query_time_range and azure.QUERY_TIME_RANGES[rule.query_time_range] < span:
        yield document.problem(
            (*rule.path, "queryTimeRange"),
            "alerts/query-range",
            f"{rule.query_time_range} is shorter than the {rule.evaluation_periods} x "
            f"{rule.time_window} that are evaluated",
            "write a range that covers every window, or leave it out",
        )


def _state(document: Rules, rule: AlertRule) -> Iterator[Problem]:
    frequency = azure.EVALUATION_FREQUENCIES[rule.frequency]
    if rule.throttling is not None and rule.auto_resolve:
        yield document.problem(
            (*rule.path, "autoResolve"),
            "alerts/mute-and-auto-resolve",
            "throttling and autoResolve exclude each other",
            "keep throttling for a stateless rule, or autoResolve for a stateful one",
        )
    if rule.throttling and azure.MUTE_DURATIONS[rule.throttling] < frequency:
        yield document.problem(
            (*rule.path, "throttling"),
            "alerts/mute-below-frequency",
            f"muted for {rule.throttling}, evaluated only every {rule.frequency}",
            "write a throttling not below the frequency",
        )
    if rule.stateful and frequency > azure.MAX_STATEFUL_FREQUENCY:
        yield document.problem(
            (*rule.path, "frequency"),
            "alerts/stateful-frequency",
            f"a stateful rule cannot run every {rule.frequency}",
            "write autoResolve: false, or a frequency of at most PT6H",
        )


def _dimensions(document: Rules, rule: AlertRule) -> Iterator[Problem]:
    names = [d.name for d in rule.dimensions]
    if len(names) > azure.MAX_DIMENSIONS or len(set(names)) < len(names):
        yield document.problem(
            (*rule.path, "dimensions"),
            "alerts/dimensions",
            f"{len(names)} dimensions ({', '.join(names)})",
            f"write at most {azure.MAX_DIMENSIONS} distinct columns",
            key=True,
        )


def _query(document: Rules, rule: AlertRule, query_files: Mapping[str, str]) -> Iterator[Problem]:
    path = (*rule.path, "query") if rule.query is not None else (*rule.path, "queryFile")
    if (rule.query is None) == (rule.query_file is None):
        yield document.problem(
            path if rule.query is not None else rule.path,
            "alerts/query-source",
            f"the rule `{rule.name}` has {'two queries' if rule.query else 'no query'}",
            "write either queryFile (a file under kql/alerts) or query",
        )
        return
    if rule.query_file is not None and rule.query_file not in query_files:
        yield document.problem(
            path,
            "alerts/query-file",
            f"there is no kql/alerts/{rule.query_file}",
            f"known are {', '.join(sorted(query_files))}",
        )
        return
    if rule.query_file is None:
        return
    try:
        columns = parse_query(query_files[rule.query_file]).columns
    except QueryError as error:
        yield document.problem(
            path,
            "alerts/query-file",
            f"kql/alerts/{rule.query_file}:{error.line}: {error}",
            "see any shipped query for the header's form",
        )
        return
    yield from _columns(document, rule, columns)


def _columns(document: Rules, rule: AlertRule, columns: tuple[str, ...]) -> Iterator[Problem]:
    """Check what the rule reads against the columns that the query's header promises."""
    known = f"kql/alerts/{rule.query_file} returns {', '.join(columns)}"
    read = [((*rule.path, "dimensions", i, "name"), d.name) for i, d in enumerate(rule.dimensions)]
    if rule.measure.column is not None:
        read.append(((*rule.path, "measure", "column"), rule.measure.column))
    for path, column in read:
        if column not in columns:
            yield document.problem(
                path, "alerts/measure", f"the query returns no column `{column}`", known
            )
    if rule.evaluation_periods > 1 and "TimeGenerated" not in columns:
        yield document.problem(
            (*rule.path, "evaluationPeriods"),
            "alerts/periods",
            "a query without a time column has one period: Azure cannot cut it into windows",
            "write evaluationPeriods: 1, or return TimeGenerated",
        )


def _texts(document: Rules, query_files: Mapping[str, str]) -> Iterator[Problem]:
    """Check what queries read, also of rules that were set aside for another mistake."""
    for index, entry in document.entries("alert_rules"):
        query, file = entry.get("query"), entry.get("queryFile")
        every_minute = entry.get("frequency") == "PT1M"
        if isinstance(query, str):
            path: Path_ = ("alert_rules", index, "query")
            yield from _text(document, path, query, every_minute=every_minute)
        elif isinstance(file, str) and file in query_files:
            path = ("alert_rules", index, "queryFile")
            yield from _text(document, path, query_files[file], every_minute=every_minute)


def _text(document: Rules, path: Path_, text: str, *, every_minute: bool) -> Iterator[Problem]:
    if not tokens(text):
        yield document.problem(
            path, "alerts/query-source", "the query is empty but for comments", "write a query"
        )
    for table in classic_tables(text):
        columns = _COLUMNS.get(table, "TimeGenerated, Properties, ...")
        yield document.problem(
            path,
            "alerts/classic-table",
            f"`{table}` exists at component scope only; the rule runs on the workspace",
            f"query `{azure.CLASSIC_TABLES[table]}` ({columns})",
        )
    if uses_table(text, "AzureDiagnostics"):
        yield document.problem(
            path,
            "alerts/dead-table",
            "Azure ML writes nothing into `AzureDiagnostics` here: there is no category "
            "BatchScoring, and the diagnostic setting uses resource-specific tables",
            "query `AmlComputeJobEvent` or `AmlRunStatusChangedEvent`",
        )
    for operator in unsupported_operators(text, every_minute=every_minute):
        at_a_minute = " that runs every minute" if every_minute else ""
        yield document.problem(
            path,
            "alerts/unsupported-operator",
            f"Azure refuses `{operator}` in an alert rule{at_a_minute}",
            "name the tables, join instead of union, and write times as literals",
        )


_COLUMNS = {
    "customMetrics": "TimeGenerated, Name, Sum, ItemCount, Min, Max, Properties",
    "customEvents": "TimeGenerated, Name, Properties, Measurements",
}
