"""Files that are no plain configuration: each ends in a clear error, and nothing is written."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.diagnostics import printable
from tests.conftest import TODAY, Mlmon, mlmon_process, without_override

BASE = Path(__file__).parent / "invalid" / "base"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "config"))


def paths(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def instead_of_circuits(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def change(config: Path) -> None:
        (config / "circuits.yaml").unlink()
        make(config / "circuits.yaml")

    return change


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def hundred_megabytes(path: Path) -> None:
    path.touch()
    os.truncate(path, 100_000_000)


def file_instead_of(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


FILES: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "100 MB": (
        instead_of_circuits(hundred_megabytes),
        1,
        "it has 100,000,000 bytes, more than the 20,000,000 that are read (yaml/too-large)",
    ),
    "a pipe": (
        instead_of_circuits(os.mkfifo),
        1,
        "config/circuits.yaml: it is not a regular file (config/unreadable)",
    ),
    "a folder": (
        instead_of_circuits(Path.mkdir),
        1,
        "config/circuits.yaml: it is not a regular file (config/unreadable)",
    ),
    "a device": (
        instead_of_circuits(lambda path: path.symlink_to("/dev/zero")),
        1,
        "config/circuits.yaml: it is not a regular file (config/unreadable)",
    ),
    "a link to itself": (
        instead_of_circuits(link_to_itself),
        1,
        "it cannot be read (Too many levels of symbolic links) (config/unreadable)",
    ),
    "a link to nothing": (
        instead_of_circuits(lambda path: path.symlink_to("gone.yaml")),
        1,
        "config/circuits.yaml: there is no such file (config/missing-file)",
    ),
    "a file nobody may read": (
        lambda config: (config / "circuits.yaml").chmod(0),
        1,
        "it cannot be read (Permission denied) (config/unreadable)",
    ),
    "a folder named like an environment": (
        lambda config: (config / "environments" / "test.yaml").mkdir(),
        1,
        "config/environments/test.yaml: it is not a regular file (config/unreadable)",
    ),
    "a file in place of the environments": (
        lambda config: file_instead_of(config / "environments"),
        1,
        "there is no environment (environments/none)",
    ),
    "a missing folder": (shutil.rmtree, 2, "there is no folder config; pass --config DIR"),
    "a file in place of the folder": (
        file_instead_of,
        2,
        "there is no folder config; pass --config DIR",
    ),
    "bytes of no encoding": (
        lambda config: (config / "circuits.yaml").write_bytes(b"circuits:\n  - \xc3\x28\n"),
        1,
        "byte 14 is not UTF-8 (yaml/encoding)",
    ),
    "bytes of a surrogate": (
        lambda config: (config / "circuits.yaml").write_bytes(b"circuits: \xed\xa0\x80\n"),
        1,
        "byte 10 is not UTF-8 (yaml/encoding)",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_what_is_no_plain_file_is_refused(case: str, config: Path) -> None:
    change, code, message = FILES[case]
    change(config)
    before = paths(config.parent)

    result = mlmon_process(
        *("render", "--config", "config", "--today", TODAY),
        cwd=config.parent,
        preexec_fn=without_override,
        timeout=60,
    )

    assert result.returncode == code
    said = result.stdout if code == 1 else result.stderr
    assert message in said.splitlines()[0]
    assert "Traceback" not in result.stderr
    assert paths(config.parent) == before


NUMBERS = {
    "an integer of 100,000 digits": "9" * 100_000,
    "an exponent of 999": "1e999",
    "an exponent of -999": "1e-999",
    "an exponent of four digits": "1e9999",
    "infinity": ".inf",
    "no number": ".nan",
    "a hexadecimal number": "0x1F",
    "a number with underscores": "1_000",
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_that_no_limit_can_be_is_refused_at_its_place(
    case: str, config: Path, mlmon: Mlmon
) -> None:
    edit(config / "thresholds.yaml", "  mae: 0.27", f"  mae: {NUMBERS[case]}")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert result.exit_code == 1
    assert " --> config/thresholds.yaml:2:8\n" in result.stdout
    assert re.search(r"\(config/(out-of-range|wrong-type)\)\n", result.stdout)
    assert max(map(len, result.stdout.splitlines())) < 200


@pytest.mark.parametrize("value", ["9" * 100_000, "-1", "2.5", "1e1", "true", "~"])
def test_a_number_that_no_hour_can_be_is_refused_at_its_place(
    value: str, config: Path, mlmon: Mlmon
) -> None:
    environment = config / "environments" / "prod.yaml"
    edit(environment, "    signals: none", f"    start_hour: {value}\n    signals: none")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert result.exit_code == 1
    assert " --> config/environments/prod.yaml:20:17\n" in result.stdout


ESCAPES = {
    "a colour": "\x1b[31mred",
    "a title": "\x1b]0;title\x07",
    "a control sequence of one character": "\x9b2J",
    "text from right to left": "\u202eevil\u2066",
    "nothing to be seen": "a\u200b\u2060b",
    "line breaks": "a\rb\x85c\u2028d",
    "a backspace": "a\x08\x08b",
}


@pytest.mark.parametrize(
    "style",
    [
        "text",
        "github",
    ],
)
@pytest.mark.parametrize("case", ESCAPES)
def test_a_terminal_is_sent_no_escape_sequence_of_a_value_or_key(
    case: str, style: str, config: Path, mlmon: Mlmon
) -> None:
    quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in ESCAPES[case]) + '"'
    edit(config / "circuits.yaml", "class: critical}", f"class: {quoted}, {quoted}: 1}}")

    result = mlmon("validate", "--config", "config", "--today", TODAY, "--format", style)

    assert result.exit_code == 1
    assert "config/bad-format" in result.stdout
    assert "config/unknown-key" in result.stdout
    assert [printable(line) for line in result.stdout.split("\n")] == result.stdout.split("\n")


def test_a_line_shown_as_it_stands_in_the_file_is_made_harmless_too(
    config: Path, mlmon: Mlmon
) -> None:
    edit(config / "circuits.yaml", "class: critical}", "class: critcal} # \u202e\u2066 x\u200b")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert "class: critcal} # \\u{202e}\\u{2066} x\\u{200b}\n" in result.stdout


@pytest.mark.parametrize("column", [10, 1_000, 1_000_000])
def test_of_a_very_long_line_the_place_of_the_error_is_shown(
    column: int, config: Path, mlmon: Mlmon
) -> None:
    line = f"{{note: {'n' * column}, typo: 1, more: {'m' * 1_000_000}}}"
    edit(config / "circuits.yaml", "    timezone: Europe/Oslo", f"    tags: {line}\n    zone: 1")
    edit(config / "circuits.yaml", "typo: 1", "typo: 1, other: [1]")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    (excerpt, carets) = re.findall(r"^10 \| (.*typo: 1.*)\n   \| (.*)$", result.stdout, re.M)[0]
    assert len(excerpt) < 130
    assert excerpt[carets.index("^") :].startswith("1, other")


@pytest.mark.parametrize("number", ["0." + "9" * 100_000, "0.25" + "0" * 28 + "1"])
def test_a_fraction_of_more_digits_than_a_double_holds_is_refused(
    number: str, config: Path, mlmon: Mlmon
) -> None:
    edit(config / "thresholds.yaml", "  mae: 0.27", f"  mae: {number}")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert "(config/out-of-range)" in result.stdout


def test_a_value_of_a_megabyte_is_not_printed_whole(config: Path, mlmon: Mlmon) -> None:
    edit(config / "circuits.yaml", "class: critical}", f"class: {'x' * 1_000_000}}}")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert len(result.stdout) < 2_000


def test_a_window_at_the_end_of_the_calendar_is_refused(config: Path, mlmon: Mlmon) -> None:
    window = "{start: 0001-01-01T00:00, end: 9999-12-31T23:59, reason: always}"
    edit(config / "circuits.yaml", "Europe/Oslo", f"Europe/Oslo\n    outages: [{window}]")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert result.exit_code in {0, 1}


@pytest.mark.parametrize("name", ["pr\u00f8d", "pr'od", "\x1b[31mred", ".staging", "Prod"])
def test_an_environment_whose_name_cannot_be_used_is_refused(
    name: str, config: Path, mlmon: Mlmon
) -> None:
    folder = config / "environments"
    shutil.copy(folder / "prod.yaml", folder / f"{name}.yaml")

    result = mlmon("render", "--config", "config", "--today", TODAY)

    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert not Path("rendered").exists()


def test_a_terminal_without_unicode_shows_what_it_can(config: Path) -> None:
    edit(config / "circuits.yaml", "class: critical}", "class: kr\u00ednica}")

    result = mlmon_process(
        *("validate", "--config", "config", "--today", TODAY),
        cwd=config.parent,
        environment={"PYTHONIOENCODING": "ascii"},
    )

    assert "Traceback" not in result.stderr
    assert "(config/bad-format)" in result.stdout
