"""Rules of `thresholds.yaml` that need the fleet or today's date."""

from collections.abc import Iterator
from datetime import date

from generator.diagnostics import Problem
from generator.loader import Configuration
from generator.models.thresholds import LimitOverrides, Override
from generator.resolve import limit_values


def check_thresholds(configuration: Configuration, today: date) -> Iterator[Problem]:
    """Check that overrides name something that exists, hold, and are in order."""
    document = configuration.thresholds
    circuits = configuration.circuits
    keys = {f"{e.get('plant_id')}/{e.get('circuit_id')}" for _, e in circuits.entries("circuits")}
    targets = {
        "classes": circuits.names("classes"),
        "plants": circuits.names("circuits", "plant_id"),
        "circuits": keys,
    }
    for collection, known in targets.items():
        overrides: dict[str, Override] = getattr(document.model, collection)
        for key, override in overrides.items():
            path = (collection, key)
            if key not in known:
                yield document.problem(
                    path,
                    "thresholds/unknown-target",
                    f"`{key}` is none of the {collection} in circuits.yaml",
                    "correct the name"
                    + (", written PLANT/CIRCUIT" if collection == "circuits" else "")
                    + ", or remove the override",
                    key=True,
                )
            if override.expires is not None and override.expires < today:
                yield document.problem(
                    (*path, "expires"),
                    "thresholds/expired",
                    f"the override of `{key}` expired on {override.expires}",
                    "remove it, or set a later day if its reason still holds: " + override.reason,
                )
            if not limit_values(override):
                yield document.problem(
                    path,
                    "thresholds/no-limit",
                    f"the override of `{key}` changes no limit",
                    "add a limit, or remove it",
                    key=True,
                )
    yield from _order(configuration)


def _order(configuration: Configuration) -> Iterator[Problem]:
    """Within each level, a watch limit or first rung is below what it announces."""
    document = configuration.thresholds
    model = document.model
    defaults = limit_values(model.defaults)
    levels: list[tuple[tuple[str, ...], LimitOverrides]] = [(("defaults",), model.defaults)]
    for collection in ("classes", "plants", "circuits"):
        levels += [((collection, k), o) for k, o in getattr(model, collection).items()]
    for level, overrides in levels:
        own = limit_values(overrides)
        values = defaults | own
        for lower, upper in _ORDERED:
            names = ["_".join(lower), "_".join(upper)]
            if not own.keys() & set(names) or values[names[0]] < values[names[1]]:
                continue
            written = next((p for p in (upper, lower) if document.source.has((*level, *p))), ())
            low, high = ".".join(lower), ".".join(upper)
            yield document.problem(
                (*level, *written),
                "thresholds/order",
                f"{low} {values[names[0]]} is not below {high} {values[names[1]]}",
                f"set both, {low} below {high}",
            )


_ORDERED = (
    (("mae_watch",), ("mae",)),
    (("drift_ladder", "document", "schedule"), ("drift_ladder", "document", "immediate")),
    (("drift_ladder", "calibrated", "schedule"), ("drift_ladder", "calibrated", "immediate")),
)
