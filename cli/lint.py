"""Prints what the linter finds in workbooks."""

import json
from collections.abc import Sequence
from pathlib import Path

from generator.workbook_lint import lint_workbook


def lint_workbooks(paths: Sequence[Path], *, strict: bool) -> tuple[str, bool]:
    """Lint workbook files; the findings, and whether they fail."""
    lines: list[str] = []
    failed = False
    for path in paths:
        content = path.read_bytes()
        try:
            workbook = json.loads(content)
        except ValueError as error:
            lines.append(f"{path}: error: not JSON: {error} (workbook/json)")
            failed = True
            continue
        if not isinstance(workbook, dict):
            lines.append(f"{path}: error: not a workbook: its JSON is no object (workbook/json)")
            failed = True
            continue
        compact = json.dumps(workbook, separators=(",", ":"), ensure_ascii=False)
        for finding in lint_workbook(workbook, len(compact.encode())):
            place = f"{path}:{finding.path}" if finding.path else str(path)
            lines.append(f"{place}: {finding.severity}: {finding.message} ({finding.rule})")
            lines.append(f"  fix: {finding.fix}")
            failed = failed or finding.severity == "error" or strict
    if not lines:
        lines.append(f"{len(paths)} workbook{'s' if len(paths) > 1 else ''} clean")
    return "\n".join(lines), failed
