"""The command that makes data to try everything on: simulate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.app import CONFIG, ConfigOption, app, count, day, fail, print_result

if TYPE_CHECKING:
    from generator.fleet import Circuit


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to make; it must not exist yet.")],
    config: ConfigOption = CONFIG,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            help="Environment to simulate; prod or the first unless given.",
        ),
    ] = None,
    circuits: Annotated[
        int | None, typer.Option("--circuits", min=1, help="Only the first so many circuits.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="First day without data, YYYY-MM-DD; today (UTC) unless given."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Other data for another number.")] = 0,
    faults: Annotated[
        bool, typer.Option("--faults/--no-faults", help="Break nine circuits, each otherwise.")
    ] = True,
    history_days: Annotated[
        int, typer.Option("--history-days", min=1, help="Days with data, a row an hour.")
    ] = 437,
    minute_days: Annotated[
        int, typer.Option("--minute-days", min=0, help="Last days, with a row a minute.")
    ] = 37,
) -> None:
    """Make a fleet's sensors, predictions and actuals, with seeded faults, as Delta tables."""
    from cli.simulate import write
    from monitoring.simulation import SimulatedCircuit, Simulation, default_faults

    chosen = tuple(
        SimulatedCircuit(c.plant_id, c.circuit_id, c.features, c.model_name, c.model_version or "1")
        for c in _circuits(config, env)[:circuits]
    )
    if not chosen:
        raise fail("the environment has no enabled circuit: there is nothing to simulate")
    end = day(as_of, "--as-of")
    try:
        simulation = Simulation(
            chosen,
            end,
            seed,
            history_days,
            minute_days,
            default_faults(chosen, end, seed) if faults else (),
        )
        write(simulation, out)
    except FileExistsError:
        raise fail(f"{out} is there already; give a new folder, or remove it") from None
    except ValueError as error:
        raise fail(str(error)) from None
    except OverflowError:
        raise fail(f"there are not {history_days} days before {end}") from None
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    broken = count(len(simulation.faults), "fault")
    print_result(f"{out}: {count(len(chosen), 'circuit')}, {history_days} days, {broken}")


def _circuits(config: Path, env: str | None) -> "tuple[Circuit, ...]":
    from cli.app import validated_configuration
    from evaluator.sources.subjects import default_environment
    from generator.resolve import resolve

    configuration = validated_configuration(config, None)
    known = list(configuration.environments)
    if env is not None and env not in known:
        raise fail(f"there is no environment {env!r}; known are {', '.join(known)}")
    return resolve(configuration, env or default_environment(known)).circuits
