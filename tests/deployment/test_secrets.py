"""Secrets reach the Azure CLI by its environment, and nothing that it says tells them."""

import json
import sys
from pathlib import Path

import pytest

from deployment.arm_errors import explain
from deployment.azure_cli import AzureCli
from deployment.secret_values import read_secrets
from tests.deployment.small_fleet import SmallFleet

VARIABLE = "MLMON_SECRET_TEAMS_WEBHOOK"
WEBHOOK = 'https://hooks.example.com/?a="b"&sig=c%2Bd<e>'


@pytest.fixture
def echo(tmp_path: Path) -> AzureCli:
    """A program that says what it was given: arguments, and the secret in several spellings."""
    program = tmp_path / "az"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        f"value = os.environ[{VARIABLE!r}]\n"
        "inner = json.dumps({'error': json.dumps({'uri': value})})\n"
        "net = json.dumps(value).replace('&', '\\\\u0026').replace('<', '\\\\u003C')\n"
        "print(json.dumps({'arguments': sys.argv[1:], 'value': value}), inner)\n"
        "print(value, net.replace('>', '\\\\u003E'), file=sys.stderr)\n"
    )
    program.chmod(0o755)
    return AzureCli(program, secrets={VARIABLE: WEBHOOK})


def test_a_secret_is_given_by_the_environment_and_never_told(echo: AzureCli) -> None:
    ended = echo.run("deployment")

    answer, _ = json.JSONDecoder().raw_decode(ended.output)
    assert answer == {"arguments": ["deployment", "--only-show-errors"], "value": "***"}
    assert "hooks.example.com" not in ended.output + ended.errors
    assert "hooks.example.com" not in repr(echo)


def test_a_traceback_of_the_azure_cli_becomes_its_cause(tmp_path: Path) -> None:
    program = tmp_path / "az"
    program.write_text(f"#!{sys.executable}\nraise ConnectionError('the line\\nis gone')\n")
    program.chmod(0o755)

    ended = AzureCli(program).run("deployment")

    assert ended.errors == ("ERROR: the Azure CLI failed unexpectedly: ConnectionError: the line")


def test_what_azure_answered_is_taken_out_of_a_traceback(tmp_path: Path) -> None:
    recorded = Path(__file__).with_name("errors") / "traceback.txt"
    program = tmp_path / "az"
    text = recorded.read_text(encoding="utf-8")
    program.write_text(f"#!{sys.executable}\nimport sys\nprint({text!r}, file=sys.stderr)\n")
    program.chmod(0o755)

    errors = AzureCli(program).run("deployment").errors

    assert errors.startswith("ERROR: (ScopeLocked) The scope '/subscriptions/1/")
    assert "\nCode: ScopeLocked\n" in errors
    assert "During handling" not in errors
    [cause] = explain(errors).causes
    assert (cause.code, "azure.core" in cause.message) == ("ScopeLocked", False)


@pytest.mark.parametrize("value", [None, "", "  ", "$(TEAMS_WEBHOOK)"])
def test_a_secret_without_a_value_is_told_by_its_name(tmp_path: Path, value: str | None) -> None:
    fleet = SmallFleet.make(tmp_path, "PLANT001/CIRCUIT01")
    fleet.edit("key_vault: kv-mlops-prod", "key_vault: null")
    rendered = fleet.render().rendered
    environ = {} if value is None else {VARIABLE: value}

    values, problem = read_secrets(rendered, environ)

    assert values == {}
    assert problem == f"{VARIABLE}: not set"
    assert read_secrets(rendered, {VARIABLE: WEBHOOK}) == ({VARIABLE: WEBHOOK}, "")
