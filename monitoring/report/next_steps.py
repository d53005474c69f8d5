"""What to do first about a decision: the runbook that fits its row, and an exact command."""

import shlex

from generator import conventions
from generator.fleet import Fleet
from generator.rules import runbook_of
from monitoring.decision_table import runbook_rule
from monitoring.report import figures
from monitoring.report.model import NextStep
from monitoring.report.records import DecisionRecord
from monitoring.results.folder import RunInputs


def next_step(decision: DecisionRecord, inputs: RunInputs, fleet: Fleet) -> NextStep:
    """Choose the runbook of a decision and write its first command."""
    identifier = runbook_rule(decision.row)
    by_id = {conventions.rule_id(rule.name): rule for rule in fleet.alert_rules}
    rule = by_id.get(identifier)
    url = runbook_of(rule, fleet.environment) if rule else None
    title = rule.name if rule and url else f"docs/runbooks/{identifier}.md"
    return NextStep(title, url or "", _command(decision, inputs, fleet.name))


def _command(decision: DecisionRecord, inputs: RunInputs, environment: str) -> str:
    """Write the command that shows what moved; of absent data there is nothing to show.

    Where the error alone rose, the circuit's limits and their origins are the first thing to see.
    """
    if decision.row == "data-are-absent":
        return ""
    if decision.row == "error-without-drift":
        return shlex.join(["mlmon", "explain", decision.key, "--env", environment])
    picture = f"{decision.plant_id}-{decision.circuit_id}.svg"
    words = ["mlmon", "drift", "plot", decision.key, "--data", inputs.data]
    words += ["--as-of", inputs.as_of, "--env", environment, "--out", picture]
    return figures.text(shlex.join(words))
