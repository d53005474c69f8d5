"""Commands of the configuration: check it, render it, explain it, compile it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.app import (
    CONFIG,
    FINDINGS,
    OUT,
    ConfigOption,
    EnvOption,
    OutOption,
    ProblemFormatOption,
    TableFormatOption,
    TodayOption,
    app,
    count,
    fail,
    note,
    print_result,
    rendered_environments,
    require_fresh,
    validated_configuration,
)


@app.command()
def validate(
    config: ConfigOption = CONFIG,
    today: TodayOption = None,
    style: ProblemFormatOption = "text",
) -> None:
    """Check the configuration; every problem of every file at once."""
    from generator.diagnostics import format_problems

    configuration = validated_configuration(config, today, style)
    rendered_environments(
        configuration, None, OUT, style
    )  # sizes are known only once it is rendered
    if style == "text":
        circuits = len(configuration.circuits.model.circuits)
        rules = len(configuration.alerts.model.alert_rules)
        names = ", ".join(configuration.environments)
        print_result(
            f"{config}: valid; {circuits} circuits, {rules} alert rules, environments {names}"
        )
    else:
        print_result(format_problems([], style))


@app.command()
def render(
    config: ConfigOption = CONFIG,
    env: EnvOption = None,
    out: OutOption = OUT,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and show a diff if stale.")
    ] = False,
    today: TodayOption = None,
) -> None:
    """Render the configuration into Bicep, KQL and workbooks."""
    from generator import output

    configuration = validated_configuration(config, today)
    rendered = rendered_environments(configuration, env, out)
    files = {r.fleet.name: r.files for r in rendered}
    # An environment whose configuration is gone leaves nothing behind.
    stale = output.environments(out) - set(configuration.environments) if env is None else set()
    files |= {name: {} for name in sorted(stale)}
    try:
        changes = output.changes(out, files) if check else output.write(out, files)
    except output.ForeignFolderError as error:
        raise fail(f"{error}; move them, or pass another --out") from None
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    if check:
        for change in changes:
            print_result(change.diff().rstrip("\n"))
        if changes:
            note(f"{out} is stale: {count(len(changes), 'file')} to change; run `make render`")
            raise typer.Exit(FINDINGS)
    for item in rendered:
        of_environment = [c for c in changes if c.path.startswith(f"{item.fleet.name}/")]
        state = f"{count(len(of_environment), 'file')} changed" if of_environment else "unchanged"
        resources = sum(e.resources for e in item.entry_points)
        amounts = (
            count(len(item.fleet.circuits), "circuit"),
            count(resources, "resource"),
            count(len(item.entry_points), "entry point"),
            count(len(item.files), "file"),
        )
        print_result(f"{out}/{item.fleet.name}: {', '.join(amounts)}, {state}")
    for name in sorted(stale):
        print_result(f"{out}/{name}: removed, its environment is gone")


@app.command()
def explain(
    circuit: Annotated[str, typer.Argument(help="PLANT/CIRCUIT", metavar="PLANT/CIRCUIT")],
    config: ConfigOption = CONFIG,
    env: Annotated[
        str | None, typer.Option("--env", help="Environment; the first with it.")
    ] = None,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Show every effective limit of a circuit and where it came from."""
    from cli.explain import explanation

    configuration = validated_configuration(config, today)
    if env is not None and env not in configuration.environments:
        known = ", ".join(configuration.environments)
        raise fail(f"there is no environment {env!r}; known are {known}")
    text = explanation(configuration, circuit, env, style)
    if text is None:
        raise fail(f"there is no circuit {circuit!r}" + (f" in {env}" if env else ""))
    print_result(text)


@app.command()
def schema(
    out: Annotated[Path, typer.Option("--out", help="Folder of the schemas.")] = CONFIG / "schemas",
) -> None:
    """Write the JSON Schemas of the configuration files, for editors."""
    from generator import output
    from generator.schema import schemas

    try:
        changed = output.write_files(out, schemas())
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    for name in changed:
        print_result(f"{out / name}")


@app.command()
def build(
    config: ConfigOption = CONFIG,
    env: EnvOption = None,
    out: OutOption = OUT,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Compile the rendered entry points with the Bicep CLI and measure them."""
    from cli.build import build_table
    from deployment.bicep import BicepError

    configuration = validated_configuration(config, today)
    rendered = rendered_environments(configuration, env, out)
    require_fresh(rendered, out)
    try:
        text, clean = build_table(rendered, out, style)
    except BicepError as error:
        raise fail(str(error)) from None
    print_result(text)
    if not clean:
        raise typer.Exit(FINDINGS)


@app.command()
def cost(
    config: ConfigOption = CONFIG,
    env: EnvOption = None,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Estimate what the rendered environments cost a month, with every assumption."""
    from cli.cost import cost_of

    configuration = validated_configuration(config, today)
    print_result(cost_of(rendered_environments(configuration, env, OUT), style))
