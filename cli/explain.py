"""Prints the effective limits of a circuit."""

import json

from cli.tables import text_table
from generator.escape import decimal, kql_timespan
from generator.fleet import Circuit, Limit
from generator.loader import Configuration
from generator.resolve import resolve


def explanation(
    configuration: Configuration, key: str, environment: str | None, style: str
) -> str | None:
    """Explain a circuit; None if no environment, or not this one, has it."""
    names = [environment] if environment else list(configuration.environments)
    for name in names:
        if name not in configuration.environments:
            return None
        fleet = resolve(configuration, name)
        for circuit in (*fleet.circuits, *fleet.disabled):
            if circuit.key.casefold() == key.casefold():
                return _json(circuit, name) if style == "json" else _text(circuit, name)
    return None


def _record(limit: Limit) -> dict[str, str | None]:
    origin = limit.origin
    return {
        "value": decimal(limit.value),
        "level": origin.level,
        "key": origin.key or None,
        "place": origin.place or None,
        "reason": origin.reason or None,
        "expires": origin.expires.isoformat() if origin.expires else None,
    }


def _json(circuit: Circuit, environment: str) -> str:
    record = {
        "circuit": circuit.key,
        "environment": environment,
        "limits": {name: _record(limit) for name, limit in circuit.limits.items()},
    }
    return json.dumps(record, indent=2, ensure_ascii=False)


def _text(circuit: Circuit, environment: str) -> str:
    rows = []
    for name, limit in circuit.limits.items():
        origin = limit.origin
        why = origin.reason + (f" (until {origin.expires})" if origin.expires else "")
        source = f"{origin.level} {origin.key}".strip()
        rows.append((name, decimal(limit.value), source, origin.place, why))
    state = "enabled" if circuit.enabled else "disabled"
    monitors = ", ".join(circuit.signals) or "none"
    facts = [
        f"{circuit.key} in {environment}: {state}, class {circuit.circuit_class or '(none)'}, "
        f"model {circuit.model_name}, owner {circuit.owner}",
        f"Azure ML signals: {monitors}; batch endpoint {circuit.batch_endpoint}/"
        f"{circuit.batch_deployment}; expected every {kql_timespan(circuit.expected_every)}",
        *(
            f"silent from {s.starts:%Y-%m-%d %H:%M} to {s.ends:%Y-%m-%d %H:%M} UTC: {s.reason}"
            for s in circuit.silences
        ),
    ]
    table = text_table(("limit", "value", "from", "place", "why"), rows, right=("value",))
    return "\n".join([*facts, "", table])
