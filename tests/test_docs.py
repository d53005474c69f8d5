"""The documentation against the product: up to date, complete, and without dead links."""

import re
from datetime import date
from pathlib import Path

import pytest

from docs import generate
from docs.lint_pages import lint_pages
from evaluator.backtest.catalog import ENTRIES as BACKTEST_IDS
from evaluator.lints.unanalysed import ENTRIES as UNANALYSED_IDS
from evaluator.recorded.catalog import ENTRIES as DATA_IDS
from evaluator.rule_tests.catalog import ENTRIES as RULE_TEST_IDS
from evaluator.sources.catalog import ENTRIES as TEMPLATE_IDS
from generator import conventions
from generator.catalog import CATALOG
from generator.project import render_environments, validate

ROOT = generate.ROOT
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BY_NAME = {path.relative_to(ROOT).as_posix(): path for path in PAGES}
RUNBOOKS = sorted(path.stem for path in (generate.DOCS / "runbooks").glob("*.md"))
RUNBOOK_HEADINGS = ["What it means", "First look", "Decide", "Act", "Over when"]
LINTS = sorted((generate.DOCS / "lints").rglob("*.md"))
LINT_HEADINGS = "What it finds/Why/Bad/Good/Fix/How to disable/How to snooze".split("/")

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:work|home|root|tmp|Users|usr|opt|mnt|var)/|[A-Z]:\\")


def _prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def _anchors(path: Path) -> set[str]:
    """Anchors as GitHub makes them of headings: lower case, no punctuation, hyphens for spaces."""
    anchors: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", _prose(path), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in anchors:
            number += 1
        anchors.add(anchor)
    return anchors


def test_generated_pages_are_up_to_date() -> None:
    for name, text in generate.pages().items():
        assert (generate.DOCS / name).read_text(encoding="utf-8") == text, f"{name}: `make docs`"


def test_every_command_is_documented() -> None:
    page = (generate.DOCS / "cli.md").read_text(encoding="utf-8")

    assert [f"mlmon {name}" for name in generate.command_names()] == re.findall(
        r"^## (mlmon .+)$", page, re.MULTILINE
    )


def test_every_diagnostic_id_is_documented() -> None:
    page = (generate.DOCS / "diagnostics.md").read_text(encoding="utf-8")

    documented = re.findall(r"^### (.+)$", page, re.MULTILINE)
    ids = [*CATALOG, *RULE_TEST_IDS, *TEMPLATE_IDS, *DATA_IDS, *BACKTEST_IDS, *UNANALYSED_IDS]
    assert sorted(documented) == sorted(ids)
    assert len(set(documented)) == len(documented)


def test_every_lint_has_a_page_and_every_page_is_of_a_lint() -> None:
    found = {path.relative_to(generate.DOCS).as_posix() for path in LINTS}

    assert found == set(lint_pages())


@pytest.mark.parametrize("name", [path.stem for path in LINTS if path.stem != "README"])
def test_a_page_of_a_lint_answers_the_same_questions(name: str) -> None:
    page = next(path for path in LINTS if path.stem == name).read_text(encoding="utf-8")

    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == LINT_HEADINGS


def test_every_model_of_the_configuration_has_a_table() -> None:
    page = (generate.DOCS / "configuration.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"<!-- keys: (\w+) -->", page)) == sorted(generate.documented_models())


def test_every_rule_has_a_runbook_and_every_runbook_a_rule() -> None:
    rules = [conventions.rule_id(rule.name) for rule in generate.shipped_rules()]

    assert sorted(rules) == RUNBOOKS


def test_the_runbook_of_every_alert_is_a_page() -> None:
    configuration = validate(ROOT / "config", date(2026, 11, 23))

    for item in render_environments(configuration, list(configuration.environments), Path("out")):
        for rule in item.rules:
            address = rule.custom_properties["runbook"]
            folder = item.fleet.environment.runbooks
            assert folder is not None
            assert folder.endswith("/docs/runbooks")
            assert (ROOT / "docs" / "runbooks" / address.removeprefix(f"{folder}/")).is_file()


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_answers_the_same_questions(name: str) -> None:
    page = (generate.DOCS / "runbooks" / f"{name}.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == RUNBOOK_HEADINGS
    assert "```kusto" in page


def test_every_rule_is_explained_in_words() -> None:
    page = (generate.DOCS / "rules.md").read_text(encoding="utf-8")

    for rule in generate.shipped_rules():
        assert f"| {rule.name} |" in page, rule.name


@pytest.mark.parametrize("name", BY_NAME)
def test_relative_links_lead_somewhere(name: str) -> None:
    page = BY_NAME[name]
    for link in _LINK.findall(_prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page

        assert path.exists(), f"{name} links to {link}, which does not exist"
        assert path.is_relative_to(ROOT), f"{name} links to {link}, outside the repository"
        if anchor:
            assert anchor in _anchors(path), f"{name} links to {link}, which has no such heading"


@pytest.mark.parametrize("name", BY_NAME)
def test_a_page_names_no_path_of_a_machine(name: str) -> None:
    assert _MACHINE_PATH.findall(BY_NAME[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", BY_NAME)
def test_a_console_block_begins_with_a_command(name: str) -> None:
    text = BY_NAME[name].read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)

    for block in blocks:
        assert block.startswith("$ "), block


@pytest.mark.parametrize("name", BY_NAME)
def test_a_fence_names_its_language(name: str) -> None:
    text = BY_NAME[name].read_text(encoding="utf-8")
    fences = re.findall(r"^```(.*)$", text, re.MULTILINE)

    known = {"console", "sh", "text", "yaml", "json", "kusto"}
    assert set(fences[::2]) <= known
    assert set(fences[1::2]) <= {""}
