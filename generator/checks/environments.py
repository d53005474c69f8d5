"""Rules that need a resolved fleet: Azure's limits for one environment."""

import difflib
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from generator import azure, conventions
from generator.diagnostics import Problem
from generator.durations import iso_duration
from generator.fleet import Circuit, Fleet
from generator.loader import Configuration, Document
from generator.models.alerts import AlertsFile
from generator.models.base import shorten
from generator.models.circuits import CircuitsFile
from generator.models.environments import Environment


def check_environment(configuration: Configuration, fleet: Fleet) -> Iterator[Problem]:
    """Check one environment and the circuits it selects."""
    document = configuration.environments[fleet.name]
    yield from _selection(configuration, document, fleet)
    yield from _receivers(configuration, document, fleet)
    yield from _notifications(configuration, document)
    yield from _layout(document, fleet)
    yield from _rule_count(document, fleet)
    yield from _plant_rules(configuration.alerts, document, fleet)
    yield from _monitors(document, fleet)
    yield from _circuits(configuration.circuits, fleet)
    yield from _endpoints(configuration.circuits, fleet)


def _selection(
    configuration: Configuration, document: Document[Environment], fleet: Fleet
) -> Iterator[Problem]:
    selection = document.model.circuits
    circuits = configuration.circuits
    if not isinstance(selection, str):
        known = {
            "plants": circuits.names("circuits", "plant_id"),
            "classes": circuits.names("classes"),
            "circuits": {c.key for c in circuits.model.circuits},
        }
        for collection, names in known.items():
            for index, name in enumerate(getattr(selection, collection)):
                if name not in names:
                    close = difflib.get_close_matches(name, names, 1)
                    yield document.problem(
                        ("circuits", collection, index),
                        "environments/selection",
                        f"`{name}` is none of the {collection} in circuits.yaml",
                        f"did you mean `{close[0]}`?" if close else "correct or remove it",
                    )
    if not fleet.circuits:
        yield document.problem(
            ("circuits",),
            "environments/selection",
            f"the environment {fleet.name} has no enabled circuit",
            "select at least one circuit",
        )


def _receivers(
    configuration: Configuration, document: Document[Environment], fleet: Fleet
) -> Iterator[Problem]:
    groups = configuration.alerts.names("action_groups", "name")
    secrets = {s for g in fleet.action_groups for s in g.secrets}
    if len(secrets) > azure.MAX_PARAMETERS - 10:
        yield document.problem(
            (),
            "alerts/receivers",
            f"{len(secrets)} secrets, and a template takes {azure.MAX_PARAMETERS} parameters",
            "let receivers share secrets",
        )
    for name in document.model.action_groups:
        if name not in groups:
            yield document.problem(
                ("action_groups", name),
                "environments/unknown-action-group",
                f"alerts.yaml defines no action group `{name}`",
                f"known are {', '.join(sorted(groups)) or '(none)'}",
                key=True,
            )


def _notifications(
    configuration: Configuration, document: Document[Environment]
) -> Iterator[Problem]:
    notifications = document.model.notifications
    if notifications is None:
        return
    known = configuration.circuits.names("circuits", "plant_id")
    for number, channel in enumerate(notifications.channels):
        for index, name in enumerate(channel.plants or ()):
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                yield document.problem(
                    ("notifications", "channels", number, "plants", index),
                    "environments/selection",
                    f"`{name}` is none of the plants in circuits.yaml",
                    f"did you mean `{close[0]}`?" if close else "correct or remove it",
                )


def _layout(document: Document[Environment], fleet: Fleet) -> Iterator[Problem]:
    count, maximum = len(fleet.circuits), azure.MAX_CIRCUITS_OF_SINGLE_LAYOUT
    if document.model.layout == "single" and count > maximum:
        yield document.problem(
            ("layout",) if "layout" in document.model.model_fields_set else (),
            "environments/layout",
            f"{count} circuits are too many for `layout: single`, which holds {maximum}",
            "write `layout: plant`",
        )


def _rule_count(document: Document[Environment], fleet: Fleet) -> Iterator[Problem]:
    per_plant = document.model.layout == "plant"
    split = [r for r in fleet.alert_rules if r.split]
    total = len(fleet.alert_rules) + (len(split) * (len(fleet.plants) - 1) if per_plant else 0)
    if total > azure.MAX_RULES_OF_A_WORKSPACE:
        yield document.problem(
            ("layout",),
            "alerts/rule-limit",
            f"{total} alert rules on one workspace, Azure allows {azure.MAX_RULES_OF_A_WORKSPACE}",
            "split the fleet over several environments",
        )
    if document.model.rule_identity is not None and total > azure.MAX_RULES_OF_AN_IDENTITY:
        yield document.problem(
            ("rule_identity",),
            "alerts/rule-limit",
            f"{total} alert rules query with one identity, Azure allows "
            f"{azure.MAX_RULES_OF_AN_IDENTITY}",
            "split the fleet over several environments, or leave rule_identity out",
            key=True,
        )


def _plant_rules(
    alerts: Document[AlertsFile], document: Document[Environment], fleet: Fleet
) -> Iterator[Problem]:
    """Check what becomes of split rules when each plant has its own."""
    if document.model.layout != "plant":
        return
    split = [r for r in fleet.alert_rules if r.split]
    names_taken = {conventions.rule_id(r.name) for r in fleet.alert_rules if not r.split}
    for rule in split:
        for plant in fleet.plants:
            name = conventions.plant_rule_name(conventions.rule_id(rule.name), plant.plant_id)
            if name in names_taken:
                yield alerts.problem(
                    (*rule.path, "name"),
                    "alerts/duplicate",
                    f"two rules of {fleet.name} would be named `{name}` in Azure",
                    "rename one of them, so that no name is another's with a plant behind it",
                )
            names_taken.add(name)
            if len(name) > azure.MAX_RULE_NAME:
                yield alerts.problem(
                    (*rule.path, "name"),
                    "environments/name-length",
                    f"for plant {plant.plant_id} the rule's name would have {len(name)} "
                    f"characters, Azure takes {azure.MAX_RULE_NAME}",
                    "shorten the rule's name",
                )
            names = dict.fromkeys((*rule.action_groups, *plant.action_groups))
            if len(names) > azure.MAX_ACTION_GROUPS_OF_A_RULE:
                yield alerts.problem(
                    (*rule.path, "actionGroups"),
                    "alerts/too-many-action-groups",
                    f"with the groups of plant {plant.plant_id} the rule has {len(names)}, Azure "
                    f"takes {azure.MAX_ACTION_GROUPS_OF_A_RULE}",
                    "put receivers together in one group",
                    key=True,
                )
    if any(r.stateful for r in split):
        sizes = Counter(c.plant_id for c in fleet.circuits)
        for plant_id, size in sizes.items():
            if size > azure.MAX_STATEFUL_SERIES:
                yield document.problem(
                    ("layout",),
                    "alerts/series-limit",
                    f"plant {plant_id} has {size} circuits, a stateful rule may raise "
                    f"{azure.MAX_STATEFUL_SERIES} alerts in one evaluation",
                    "divide the plant",
                )


def _monitors(document: Document[Environment], fleet: Fleet) -> Iterator[Problem]:
    settings = document.model.machine_learning.monitors
    if settings is None:
        return
    path = ("machine_learning", "monitors")
    characters = sum(len(e) for e in settings.emails)
    if characters >= azure.MAX_MONITOR_EMAIL_CHARACTERS:
        yield document.problem(
            (*path, "emails"),
            "environments/emails",
            f"the addresses have {characters} characters, Azure ML takes fewer than "
            f"{azure.MAX_MONITOR_EMAIL_CHARACTERS} in all",
            "use a distribution list",
            key=True,
        )
    kolmogorov = "two_sample_kolmogorov_smirnov_test"
    monitored = [c for c in fleet.circuits if c.signals]
    if kolmogorov in settings.drift_metrics:
        lookback = timedelta(days=settings.lookback_days)
        drifting = [c for c in monitored if "data_drift" in c.signals]
        large = [c for c in drifting if lookback / c.sample_every >= azure.MAX_KS_ROWS]
        if large:
            rows = int(lookback / large[0].sample_every)
            yield document.problem(
                (*path, "drift_metrics", settings.drift_metrics.index(kolmogorov)),
                "environments/ks-rows",
                f"the Kolmogorov-Smirnov signal fails at {azure.MAX_KS_ROWS:,} rows, and "
                f"{large[0].key} has {rows:,} in {settings.lookback_days} days"
                f"{_and_others(len(large))}",
                "leave the metric out; our own drift job computes it without that limit",
            )
    yield from _monitor_paths(document, monitored)


# Which data each signal reads: https://learn.microsoft.com/azure/machine-learning/how-to-monitor-model-performance
_SIGNAL_PATHS = {
    "data_drift": ("production", "reference"),
    "prediction_drift": ("production_outputs", "reference_outputs"),
    "data_quality": ("production", "reference"),
    "model_performance": ("predictions", "actuals"),
}


def _monitor_paths(document: Document[Environment], monitored: list[Circuit]) -> Iterator[Problem]:
    """Monitors read folders of each circuit in a datastore, and only those."""
    settings = document.model.machine_learning.monitors
    told: set[str] = set()
    for circuit in monitored:
        for signal in circuit.signals:
            if signal == "model_performance" and not (
                settings and settings.performance_signal.enabled
            ):
                continue
            for name in _SIGNAL_PATHS[signal]:
                path = getattr(circuit, name)
                if name in told:
                    continue
                if path is None:
                    told.add(name)
                    yield document.problem(
                        ("machine_learning", "data"),
                        "config/missing-key",
                        f"the signal {signal} of {circuit.key} needs a path of `{name}`",
                        f"write a pattern `{name}` under machine_learning.data",
                        key=True,
                    )
                elif not path.startswith("azureml://datastores/"):
                    told.add(name)
                    yield document.problem(
                        ("machine_learning", "data", name),
                        "environments/datastore",
                        f"Azure ML cannot read `{shorten(path)}` for the signal {signal} of "
                        f"{circuit.key}",
                        "write azureml://datastores/NAME/paths/... of a credential-based datastore",
                    )


def _and_others(count: int) -> str:
    return f", as {count - 1} others" if count > 2 else ", as one other" if count == 2 else ""


def _circuits(document: Document[CircuitsFile], fleet: Fleet) -> Iterator[Problem]:
    paths = {c.key: c.path for c in document.model.circuits}
    for circuit in fleet.circuits:
        folded = {name.casefold() for name in circuit.tags}
        if len(folded) < len(circuit.tags) or len(folded) > azure.MAX_TAGS - 10:
            yield document.problem(
                (*paths[circuit.key], "circuit_id"),
                "config/too-long" if len(folded) == len(circuit.tags) else "config/wrong-value",
                f"{circuit.key} has {len(circuit.tags)} tags of its own, its class and its plant, "
                "too many or two that differ in case only",
                f"write at most {azure.MAX_TAGS - 10}, with names that differ in more than case",
            )
        if circuit.expected_every >= azure.MAX_LOOKBACK:
            yield document.problem(
                (*paths[circuit.key], "expected_every"),
                "config/out-of-range",
                f"{circuit.key} is expected every {iso_duration(circuit.expected_every)}, and an "
                "alert sees two days",
                "write less than P2D",
            )
        endpoint = circuit.batch_endpoint
        if not 3 <= len(endpoint) <= 32:
            yield document.problem(
                (*paths[circuit.key], "plant_id"),
                "environments/name-length",
                f"the batch endpoint of {circuit.key} would be `{endpoint}` "
                f"({len(endpoint)} characters, Azure takes 3 to 32)",
                "set `batch_endpoint` for the plant, or shorten its id",
            )


def _endpoints(document: Document[CircuitsFile], fleet: Fleet) -> Iterator[Problem]:
    paths = {c.key: c.path for c in document.model.circuits}
    deployments: dict[str, dict[str, str]] = {}
    for circuit in fleet.circuits:
        of_endpoint = deployments.setdefault(circuit.batch_endpoint.casefold(), {})
        of_endpoint.setdefault(circuit.batch_deployment.casefold(), circuit.key)
    maximum = azure.MAX_DEPLOYMENTS_OF_AN_ENDPOINT
    for endpoint, of_endpoint in deployments.items():
        if len(of_endpoint) > maximum:
            first_over = list(of_endpoint.values())[maximum]
            yield document.problem(
                (*paths[first_over], "circuit_id"),
                "circuits/endpoint-limit",
                f"the batch endpoint `{endpoint}` has {len(of_endpoint)} deployments, Azure takes "
                f"{maximum}",
                "set `batch_endpoint` or a shared `batch_deployment` for some of its circuits",
            )
    total = sum(len(d) for d in deployments.values())
    over_endpoints = len(deployments) > azure.MAX_ENDPOINTS
    if over_endpoints or total > azure.MAX_DEPLOYMENTS:
        yield document.problem(
            ("circuits",),
            "circuits/endpoint-limit",
            f"{len(deployments)} batch endpoints with {total} deployments; Azure takes "
            f"{azure.MAX_ENDPOINTS} and {azure.MAX_DEPLOYMENTS} in a region and subscription",
            "share deployments between circuits (`batch_deployment` of a plant or class)",
            key=True,
        )
