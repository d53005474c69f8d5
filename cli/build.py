"""Prints how large the compiled entry points are."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from cli.tables import text_table
from deployment.bicep import PINNED_VERSION, BicepCompiler
from deployment.build import Build, build
from generator.render import Rendered


def build_table(rendered: list[Rendered], out: Path, style: str) -> tuple[str, bool]:
    """Compile every entry point; the table, and whether the compiler was silent."""
    builds: list[Build] = []
    count = sum(len(r.entry_points) for r in rendered)
    console = Console(stderr=True)
    with (
        BicepCompiler() as compiler,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        version = compiler.version()
        if version != PINNED_VERSION:
            print(  # noqa: T201
                f"mlmon: warning: Bicep CLI {version} found, tested with {PINNED_VERSION}",
                file=sys.stderr,
            )
        task = progress.add_task("compiling", total=count)
        for item in rendered:
            builds += build(item, out, compiler, lambda: progress.advance(task))
    clean = not any(b.diagnostics for b in builds)
    return (_json(builds) if style == "json" else _text(builds)), clean


def _json(builds: list[Build]) -> str:
    records = [
        {
            "environment": b.environment,
            "entry_point": b.template,
            "resources": b.resources,
            "compiled_bytes": b.compiled_bytes,
            "share_of_limit": round(b.share, 4),
            "diagnostics": list(b.diagnostics),
        }
        for b in builds
    ]
    return json.dumps(records, indent=2)


def _text(builds: list[Build]) -> str:
    figures = ("resources", "compiled", "share of Azure's limit")
    rows = [
        (
            f"{b.environment}/{b.template}",
            str(b.resources),
            f"{b.compiled_bytes / 1024:.0f} KB",
            f"{b.share:.1%}",
        )
        for b in builds
    ]
    diagnostics = [d for b in builds for d in b.diagnostics]
    return "\n".join([*diagnostics, text_table(("entry point", *figures), rows, right=figures)])
