"""Every script of a pipeline is run, with programs in the place of the real ones that note it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from generator.project import ROOT
from tests.commands import problem_of
from tests.conftest import skip
from tests.pipelines.definitions import EXPRESSION, MACRO, PARAMETER, Script, document, scripts

SCRIPTS = scripts()
RECORDER = """#!/bin/bash
printf '%s\\0' "${0##*/}" "$@" >>"$CALLS"
printf '\\n' >>"$CALLS"
exit """
PROGRAMS = {
    "bin/az": RECORDER + "0",
    "bin/curl": RECORDER + "0",
    "bin/gh": RECORDER + "0",
    "bin/make": RECORDER + "0",
    ".venv/bin/mlmon": RECORDER + '"${STATUS_OF_MLMON:-0}"',
}


@dataclass
class Ran:
    """What a script printed, how it ended, and what it called."""

    status: int
    output: str
    calls: list[list[str]] = field(default_factory=list)


def run(script: Script, folder: Path, environment: dict[str, str] | None = None) -> Ran:
    """Run a script in a folder as the agent does, every variable of the pipeline being set."""
    for program, text in PROGRAMS.items():
        path = folder / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    calls = folder / "calls"
    values = {
        name: EXPRESSION.sub(lambda match: f"value of {match[1] or match[2]}", value)
        for name, value in script.environment.items()
    }
    done = subprocess.run(
        ["bash", "-c", PARAMETER.sub("prod", script.text)],
        cwd=folder,
        env={
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            **values,
            **(environment or {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    return Ran(done.returncode, done.stdout, [line.split("\0")[:-1] for line in lines])


def named(file: str, title: str) -> Script:
    (found,) = [s for s in SCRIPTS if (s.file, s.title) == (file, title)]
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_is_bash(script: Script) -> None:
    checked = subprocess.run(
        ["bash", "-n"], input=script.text, capture_output=True, encoding="utf-8", check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_stops_at_what_fails(script: Script) -> None:
    lines = [line for line in script.text.splitlines() if line.strip()]

    assert len(lines) == 1 or lines[0] == "set -euo pipefail"


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_takes_variables_from_its_environment_alone(script: Script) -> None:
    """A value that is pasted into a script is run as code."""
    assert MACRO.findall(script.text) == []
    assert "${{" not in PARAMETER.sub("", script.text)
    for parameter in PARAMETER.findall(script.text):
        declared = document(ROOT / script.file)["parameters"]
        assert next(p for p in declared if p["name"] == parameter)["values"]


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_calls_only_what_exists(script: Script, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "what-if").mkdir()
    (tmp_path / "what-if" / "value of environmentName.md").write_text("What would change.")

    ran = run(script, tmp_path)

    assert ran.status == 0, ran.output
    assert ran.output == "" or ran.output.startswith("##vso["), ran.output
    for program, *arguments in ran.calls:
        if program == "mlmon":
            assert problem_of(arguments) == "", arguments
        elif program == "make":
            _would_make(arguments)
        else:
            assert program in {"az", "curl", "gh"}


def _would_make(arguments: list[str]) -> None:
    make = shutil.which("make")
    assert make is not None
    dry = subprocess.run(
        [make, "--dry-run", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert dry.returncode == 0, dry.stderr


def test_something_is_called_in_every_pipeline() -> None:
    """The tests above see nothing where no script is found."""
    texts = dict.fromkeys({s.file for s in SCRIPTS}, "")
    for script in SCRIPTS:
        texts[script.file] += script.text

    for name, words in {
        "pipelines/monitoring-pipeline.yml": "drift run|performance run|mlmon daily|mlmon notify",
        "pipelines/pull-request.yml": "make check|make build|make lint|make rule-tests",
        ".github/workflows/pull-request.yml": "make check|make build|make lint|make rule-tests",
        "pipelines/deploy-pipeline.yml": "mlmon what-if|mlmon deploy",
        "pipelines/what-if.yml": "mlmon what-if|curl",
        ".github/workflows/what-if.yml": "mlmon what-if|gh pr comment",
        "pipelines/steps/verify.yml": "mlmon verify",
        "pipelines/steps/set-up.yml": "make validate",
    }.items():
        for word in words.split("|"):
            assert word in texts[name], name


@pytest.mark.slow
def test_the_azure_cli_knows_each_option(tmp_path: Path) -> None:
    az = os.environ.get("AZ") or shutil.which("az") or str(ROOT / ".tools/azure-cli/bin/az")
    if not Path(az).is_file():
        skip("the Azure CLI is not installed: `make azure-cli`, or set AZ")
    called = [run(script, tmp_path / str(number)) for number, script in enumerate(SCRIPTS)]
    commands: dict[tuple[str, ...], set[str]] = {}
    for program, *arguments in (call for ran in called for call in ran.calls):
        if program == "az":
            first = next(i for i, a in enumerate(arguments) if a.startswith("--"))
            options = {a for a in arguments if a.startswith("--")}
            commands.setdefault(tuple(arguments[:first]), set()).update(options)

    assert commands.keys() == {("storage", "blob", "download"), ("bicep", "install")}
    for words, options in commands.items():
        shown = subprocess.run(
            [az, *words, "--help"],
            env=os.environ | {"AZURE_CONFIG_DIR": str(tmp_path), "AZURE_CORE_NO_COLOR": "true"},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert options <= set(re.findall(r"--[\w-]+", shown.stdout)), words


PARTIAL = [s for s in SCRIPTS if "SucceededWithIssues" in s.text]


@pytest.mark.parametrize("script", PARTIAL, ids=str)
@pytest.mark.parametrize(("status", "expected"), [(0, 0), (2, 2), (3, 0)])
def test_a_run_with_some_broken_circuits_is_an_issue_and_no_failure(
    script: Script, status: int, expected: int, tmp_path: Path
) -> None:
    ran = run(script, tmp_path, {"STATUS_OF_MLMON": str(status)})

    assert ran.status == expected
    assert ("result=SucceededWithIssues]" in ran.output) == (status == 3)


def test_the_three_jobs_of_a_night_are_there() -> None:
    assert len(PARTIAL) == 3


@pytest.mark.parametrize("asked", ["", "today"])
def test_the_day_is_today_in_utc_unless_one_is_asked_for(asked: str, tmp_path: Path) -> None:
    script = named("pipelines/steps/day.yml", "Choose the day")

    before = datetime.now(UTC).date()
    ran = run(script, tmp_path, {"AS_OF": asked})
    after = datetime.now(UTC).date()

    days = {f"##vso[task.setvariable variable=asOf;isOutput=true]{d}\n" for d in (before, after)}
    assert ran.output in days


def test_a_day_that_is_asked_for_is_taken(tmp_path: Path) -> None:
    script = named("pipelines/steps/day.yml", "Choose the day")

    ran = run(script, tmp_path, {"AS_OF": "2026-11-20"})

    assert ran.output == "##vso[task.setvariable variable=asOf;isOutput=true]2026-11-20\n"


def test_results_of_later_stages_overwrite_those_of_earlier_ones(tmp_path: Path) -> None:
    script = named("pipelines/steps/results.yml", "Put them together")
    earlier, stages = tmp_path / "earlier", tmp_path / "with a blank" / "stages"
    order = [
        earlier / "monitoring-results-1",
        earlier / "monitoring-results-2",
        stages / "drift-results-1",
        stages / "drift-results-2",
        stages / "performance-results-1",
        stages / "monitoring-results-1",
    ]
    for number, folder in enumerate(order):
        (folder / "2026-11-20").mkdir(parents=True)
        (folder / "2026-11-20" / "newest").write_text(str(number))
        (folder / "2026-11-20" / f"only-{number}").touch()

    environment = {"EARLIER": str(earlier), "STAGES": str(stages)}
    ran = run(script, tmp_path, environment)

    assert ran.status == 0
    day = tmp_path / "results" / "2026-11-20"
    assert (day / "newest").read_text() == "5"
    assert sorted(p.name for p in day.glob("only-*")) == [f"only-{n}" for n in range(6)]


def test_the_first_night_begins_with_an_empty_folder(tmp_path: Path) -> None:
    script = named("pipelines/steps/results.yml", "Put them together")

    ran = run(script, tmp_path, {"EARLIER": "nothing", "STAGES": "nothing"})

    assert ran.status == 0
    assert list((tmp_path / "results").iterdir()) == []


def test_a_month_of_days_is_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    script = named("pipelines/monitoring-pipeline.yml", "Keep a month of results")
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(40)]
    for name in [*map(str, days), "outbox"]:
        (tmp_path / "results" / name).mkdir(parents=True)

    run(script, tmp_path)

    kept = sorted(p.name for p in (tmp_path / "results").iterdir())
    assert kept == [*map(str, days[-31:]), "outbox"]


def test_drift_is_judged_alike_in_the_first_stage_and_in_the_last(tmp_path: Path) -> None:
    """What the last stage judges, it judges by the same limits and keeps in the same records."""
    texts = [s for s in SCRIPTS if s.file == "pipelines/monitoring-pipeline.yml"]

    found = {}
    for number, script in enumerate(texts):
        for program, *arguments in run(script, tmp_path / str(number)).calls:
            if program == "mlmon" and arguments[0] in ("drift", "daily"):
                options = ("--calibration", "--prediction-calibration", "--records")
                found[arguments[0]] = [arguments[arguments.index(name) + 1] for name in options]

    expected = ["limits.json", "prediction-limits.json", "value of RECORDS_URI"]
    assert found == {"drift": expected, "daily": expected}


def test_both_stages_keep_records_of_performance_in_one_table(tmp_path: Path) -> None:
    texts = [s for s in SCRIPTS if s.file == "pipelines/monitoring-pipeline.yml"]
    option = {"performance": "--records", "daily": "--performance-records"}

    found = {}
    for number, script in enumerate(texts):
        for program, *arguments in run(script, tmp_path / str(number)).calls:
            if program == "mlmon" and arguments[0] in option:
                place = arguments.index(option[arguments[0]]) + 1
                found[arguments[0]] = arguments[place]

    assert found == dict.fromkeys(option, "value of PERFORMANCE_RECORDS_URI")


def test_stages_of_a_night_write_into_the_folder_of_the_day(tmp_path: Path) -> None:
    texts = [s for s in SCRIPTS if s.file == "pipelines/monitoring-pipeline.yml"]

    results = []
    for number, script in enumerate(texts):
        for program, *arguments in run(script, tmp_path / str(number)).calls:
            if program == "mlmon":
                results.append(arguments[arguments.index("--results") + 1])

    day = "results/value of day.asOf"
    assert results == [day, day, "results", day]


def test_the_comment_of_a_pull_request_is_what_would_change(tmp_path: Path) -> None:
    script = named("pipelines/what-if.yml", "Comment the pull request")
    text = '<details>\n| `a` | "é" |\n'
    (tmp_path / "what-if").mkdir()
    (tmp_path / "what-if" / "value of environmentName.md").write_text(text, encoding="utf-8")

    ran = run(script, tmp_path)

    thread = json.loads((tmp_path / "thread.json").read_text(encoding="utf-8"))
    assert thread["comments"][0]["content"] == text
    assert not any("AccessToken" in argument for call in ran.calls for argument in call)


@pytest.mark.parametrize("status", [0, 1])
def test_what_differs_is_kept_also_when_it_fails_the_night(status: int, tmp_path: Path) -> None:
    script = named("pipelines/steps/verify.yml", "Verify")

    ran = run(script, tmp_path, {"STATUS_OF_MLMON": str(status)})

    assert ran.status == status
    assert "##vso[task.uploadsummary]" in ran.output


@pytest.mark.parametrize(("first", "options"), [("False", []), ("True", ["--first"])])
def test_rules_are_left_unvalidated_only_in_the_first_deployment(
    first: str, options: list[str], tmp_path: Path
) -> None:
    script = named("pipelines/deploy-pipeline.yml", "Deploy")

    ran = run(script, tmp_path, {"FIRST": first})

    assert ran.calls[-1][4:] == options


@pytest.mark.parametrize("anew", [False, True])
def test_a_day_is_judged_anew_on_request_alone(anew: bool, tmp_path: Path) -> None:
    texts = [s for s in SCRIPTS if s.file == "pipelines/monitoring-pipeline.yml"]

    given = {}
    for number, script in enumerate(texts):
        for program, *arguments in run(script, tmp_path / str(number), {"ANEW": str(anew)}).calls:
            if program == "mlmon":
                given[arguments[0]] = "--anew" in arguments

    # The last stage goes on where the others ended.
    assert given == {"drift": anew, "performance": anew, "daily": False, "notify": False}
