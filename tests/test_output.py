"""Writing is all or nothing: killed, doubled, hand-edited, refused."""

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator import output
from tests.conftest import TODAY, Mlmon, mlmon_process, read_tree, without_override

BASE = Path(__file__).parent / "invalid" / "base"
RENDER = ("render", "--config", "config", "--today", TODAY)

OLD = {"prod": {f"folder{i % 7}/file{i}.bicep": f"old {i}\n" * 50 for i in range(60)}}
NEW = {"prod": {f"folder{i % 5}/file{i}.bicep": f"new {i}\n" * 50 for i in range(20, 80)}}
for _files, _age in ((OLD, "old"), (NEW, "new")):
    _files["prod"]["main.bicep"] = f"{output.HEADER}: {_age}\n"

# Writes each output in turn; kills itself as soon as it is about to touch the disk the n-th time.
WRITER = """
import json, os, signal, sys
from pathlib import Path
from generator import output
touches, deadly = 0, int(sys.argv[2])
def count(event, arguments):
    global touches
    if event.split(".")[0] in {"open", "os", "shutil", "ctypes"}:
        touches += 1
        if touches == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
for rendered in sys.argv[3:]:
    output.write(Path(sys.argv[1]), json.loads(rendered))
print(touches)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "config"))


def as_bytes(files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in sorted(files.items())}


def writer(
    out: Path, *rendered: dict[str, dict[str, str]], deadly: int = 0
) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(out), str(deadly), *map(json.dumps, rendered)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def assert_whole(out: Path) -> None:
    assert read_tree(out / "prod") in (as_bytes(OLD["prod"]), as_bytes(NEW["prod"]))


def test_a_render_killed_anywhere_leaves_the_old_or_the_new_environment_whole(
    tmp_path: Path,
) -> None:
    out = tmp_path / "rendered"
    output.write(out, OLD)
    touches = int(writer(out, NEW).communicate()[0])
    chance = random.Random(4711)  # noqa: S311 - repeatable, not secret
    seen = []
    for deadly in sorted({1, *chance.sample(range(2, touches), 40), touches}):
        output.write(out, OLD)
        process = writer(out, NEW, deadly=deadly)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert_whole(out)
        seen.append(read_tree(out / "prod") == as_bytes(NEW["prod"]))
    assert seen == sorted(seen)
    assert set(seen) == {False, True}

    output.write(out, NEW)

    assert read_tree(out) == {f"prod/{n}": t for n, t in as_bytes(NEW["prod"]).items()}
    assert not (out / ".staging").exists()


def test_two_renders_at_once_leave_one_of_them_whole(tmp_path: Path) -> None:
    out = tmp_path / "rendered"
    turns = [OLD, NEW] * 20

    processes = [writer(out, *turns), writer(out, *reversed(turns)), writer(out, *turns)]

    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert_whole(out)
    assert sorted(p.name for p in out.iterdir()) == ["prod"]


def test_two_commands_at_once_both_succeed(config: Path) -> None:
    command = [sys.executable, "-c", "from cli.main import main; main()", *RENDER]
    processes = [subprocess.Popen(command, cwd=config.parent) for _ in range(3)]

    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert mlmon_process(*RENDER, "--check", cwd=config.parent).returncode == 0


def test_what_a_killed_render_left_aside_is_cleaned(config: Path, mlmon: Mlmon) -> None:
    left = Path("rendered/.staging/prod/kql")
    left.mkdir(parents=True)
    (left / "half.kql").write_text("AppEv")

    assert mlmon(*RENDER).exit_code == 0

    assert not Path("rendered/.staging").exists()
    assert mlmon(*RENDER, "--check").exit_code == 0


def test_a_replacement_that_was_interrupted_between_two_renames_is_finished(
    config: Path, mlmon: Mlmon
) -> None:
    """As on a file system that cannot exchange two folders in one call."""
    shutil.copy(config / "environments" / "prod.yaml", config / "environments" / "test.yaml")
    assert mlmon(*RENDER).exit_code == 0
    before = read_tree(Path("rendered"))
    Path("rendered/.staging").mkdir()
    Path("rendered/prod").rename("rendered/.staging/prod.old")

    assert mlmon(*RENDER, "--env", "test").exit_code == 0

    assert read_tree(Path("rendered")) == before


def test_files_of_a_removed_plant_disappear(config: Path, mlmon: Mlmon) -> None:
    environment = config / "environments" / "prod.yaml"
    environment.write_text("layout: plant\n" + environment.read_text())
    assert mlmon(*RENDER).exit_code == 0
    assert Path("rendered/prod/plants/south/main.bicep").exists()
    circuits = config / "circuits.yaml"
    circuits.write_text(circuits.read_text().replace("plant_id: SOUTH", "plant_id: NORTH"))
    (config / "thresholds.yaml").write_text("defaults: {mae: 0.27}\n")

    assert mlmon(*RENDER).exit_code == 0

    assert sorted(p.name for p in Path("rendered/prod/plants").iterdir()) == ["north"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("alert-rules.bicep", "threshold: '1'", "threshold: '2'"),
        ("alert-rules.bicep", "name: 'high-mae-alert'", "name: 'high-mae'"),
        ("alert-rules.bicep", "operator: 'GreaterThan'", "operator: 'LessThan'"),
        ("kql/alerts/high-mae-alert.kql", "real(0.27)", "real(0.72)"),
        ("ml-monitors/north.bicep", "threshold: '0.15'", "threshold: '0.51'"),
        ("main.bicepparam", "'norwayeast'", "'norwaywest'"),
        ("workbooks/model-monitoring.workbook.json", '"Notebook/1.0"', '"Notebook/2.0"'),
    ],
)
def test_a_hand_edit_is_found_and_shown_and_undone(
    file: str, old: str, new: str, config: Path, mlmon: Mlmon
) -> None:
    mlmon(*RENDER)
    path = Path("rendered/prod") / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")

    check = mlmon(*RENDER, "--check")

    assert check.exit_code == 1
    assert check.stdout.startswith(f"--- a/prod/{file}\n+++ b/prod/{file}\n@@ ")
    removed = [line for line in check.stdout.splitlines()[2:] if line.startswith("-")]
    added = [line for line in check.stdout.splitlines()[2:] if line.startswith("+")]
    assert [line.replace(new, old, 1)[1:] for line in removed] == [line[1:] for line in added]
    assert check.stderr.startswith("rendered is stale: 1 ")
    assert path.read_text("utf-8") != text
    assert mlmon(*RENDER).exit_code == 0
    assert path.read_text("utf-8") == text


def test_a_file_that_was_added_or_removed_by_hand_is_found(config: Path, mlmon: Mlmon) -> None:
    mlmon(*RENDER)
    Path("rendered/prod/extra.bicep").write_text("param own string\n")
    Path("rendered/prod/main.bicepparam").unlink()

    check = mlmon(*RENDER, "--check")

    assert check.exit_code == 1
    assert "--- a/prod/extra.bicep\n+++ /dev/null\n" in check.stdout
    assert "--- /dev/null\n+++ b/prod/main.bicepparam\n" in check.stdout
    assert Path("rendered/prod/extra.bicep").exists()


def test_check_writes_nothing(config: Path, mlmon: Mlmon) -> None:
    check = mlmon(*RENDER, "--check")

    assert check.exit_code == 1
    assert not Path("rendered").exists()


def test_an_environment_whose_file_is_gone_is_removed(config: Path, mlmon: Mlmon) -> None:
    environments = config / "environments"
    shutil.copy(environments / "prod.yaml", environments / "test.yaml")
    mlmon(*RENDER)
    assert Path("rendered/test/main.bicep").exists()
    (environments / "test.yaml").unlink()

    check, result = mlmon(*RENDER, "--check"), mlmon(*RENDER)

    assert check.exit_code == 1
    assert result.exit_code == 0
    assert result.stdout.endswith("rendered/test: removed, its environment is gone\n")
    assert [p.name for p in Path("rendered").iterdir()] == ["prod"]


def test_one_environment_is_rendered_without_touching_another(config: Path, mlmon: Mlmon) -> None:
    environments = config / "environments"
    shutil.copy(environments / "prod.yaml", environments / "test.yaml")
    mlmon(*RENDER)
    stale = Path("rendered/test/main.bicep")
    stale.write_text("edited\n")
    Path("rendered/prod/main.bicep").write_text("edited\n")

    assert mlmon(*RENDER, "--env", "prod").exit_code == 0

    assert stale.read_text() == "edited\n"
    assert Path("rendered/prod/main.bicep").read_text() != "edited\n"


def test_a_snapshot_beside_a_rendered_file_is_no_difference(config: Path, mlmon: Mlmon) -> None:
    mlmon(*RENDER)
    Path("rendered/prod/main.snapshot.json").write_text("{}")

    assert mlmon(*RENDER, "--check").exit_code == 0


@pytest.mark.parametrize("folder", ["rendered", "."])
def test_a_folder_that_cannot_be_written_is_a_clear_error(folder: str, config: Path) -> None:
    (config.parent / "rendered").mkdir()
    (config.parent / "rendered" / "prod").mkdir()
    (config.parent / "rendered" / "prod" / "main.bicep").write_text(f"{output.HEADER}\n")
    locked = config.parent / folder
    out = "rendered" if folder == "rendered" else "new"
    locked.chmod(0o555)
    try:
        result = mlmon_process(
            *RENDER, "--out", out, cwd=config.parent, preexec_fn=without_override
        )
    finally:
        locked.chmod(0o755)

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"mlmon: {out}")
    assert result.stderr.endswith(" cannot be written: Permission denied\n")
    assert read_tree(config.parent / "rendered") == {
        "prod/main.bicep": output.HEADER.encode() + b"\n"
    }
    assert not (config.parent / "new").exists()


def test_a_file_in_the_place_of_the_folder_is_a_clear_error(config: Path, mlmon: Mlmon) -> None:
    Path("rendered").write_text("mine\n")

    result = mlmon(*RENDER)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "mlmon: rendered cannot be written: File exists\n"
    assert Path("rendered").read_text() == "mine\n"


def test_an_unknown_environment_is_refused_with_those_there_are(config: Path, mlmon: Mlmon) -> None:
    result = mlmon(*RENDER, "--env", "prdo")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "mlmon: there is no environment 'prdo'; known are prod\n"


def test_a_folder_that_was_not_rendered_is_neither_replaced_nor_removed(
    config: Path, mlmon: Mlmon
) -> None:
    precious = config.parent / "precious"
    precious.mkdir()
    (precious / "notes.txt").write_text("mine\n")
    (config.parent / "prod").mkdir()
    (config.parent / "prod" / "notes.txt").write_text("mine, too\n")
    before = read_tree(config.parent)

    result = mlmon(*RENDER, "--out", ".")

    assert result.exit_code == 2
    assert "prod holds files that mlmon did not render" in result.stderr
    assert read_tree(config.parent) == before

    (config.parent / "prod" / "notes.txt").unlink()

    assert mlmon(*RENDER, "--out", ".").exit_code == 0
    after = read_tree(config.parent)
    assert {k: v for k, v in after.items() if not k.startswith("prod/")} == {
        k: v for k, v in before.items() if not k.startswith("prod/")
    }


def test_schemas_are_written_beside_what_is_there(config: Path, mlmon: Mlmon) -> None:
    before = read_tree(config)

    assert mlmon("schema", "--out", "config").exit_code == 0

    after = read_tree(config)
    assert before.items() <= after.items()
    assert sorted(after.keys() - before.keys()) == [
        "alerts.schema.json",
        "circuits.schema.json",
        "environment.schema.json",
        "thresholds.schema.json",
    ]
