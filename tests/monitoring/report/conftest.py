"""A small fleet's configuration, and a browser."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cli.drift_commands import chosen_fleet
from generator.fleet import Fleet
from generator.project import ROOT
from tests.conftest import skip

CIRCUITS = """\
circuits:
  - {plant_id: PLANT001, circuit_id: CIRCUIT01, model_name: forecast-a, owner: one@company.com}
  - {plant_id: PLANT001, circuit_id: CIRCUIT02, model_name: forecast-b}
  - {plant_id: PLANT002, circuit_id: CIRCUIT01, model_name: forecast-c}
  - {plant_id: PLANT002, circuit_id: CIRCUIT09, model_name: forecast-d, enabled: false}
plants:
  PLANT001: {name: Rotterdam, owner: plant-1-ops@company.com}
  PLANT002: {name: Bremen, owner: plant-2-ops@company.com}
"""


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped configuration with four circuits, one of them disabled."""
    folder = tmp_path_factory.mktemp("report") / "config"
    shutil.copytree(ROOT / "config", folder)
    (folder / "circuits.yaml").write_text(CIRCUITS, encoding="utf-8")
    thresholds = folder / "thresholds.yaml"
    thresholds.write_text(thresholds.read_text().partition("classes:")[0], encoding="utf-8")
    (folder / "environments" / "test.yaml").unlink()
    return folder


@pytest.fixture(scope="session")
def fleet(config: Path) -> Fleet:
    return chosen_fleet(config, "prod")


@dataclass(frozen=True)
class Element:
    tag: str
    attributes: dict[str, str | None]


class Dom(HTMLParser):
    """The elements and the texts of a page as a browser has it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: list[str] = []
        self._within = ""
        self.title = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))
        self._within = tag

    def handle_endtag(self, _tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title += data
        elif self._within not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def count(self, tag: str) -> int:
        return sum(element.tag == tag for element in self.elements)


@dataclass(frozen=True)
class Visit:
    """What a browser made of a page."""

    dom: Dom
    console: list[str]


@dataclass(frozen=True)
class Browser:
    program: str
    profile: Path

    def visit(self, page: Path, *, width: int = 1280) -> Visit:
        command = [self.program, "--headless=new", "--no-sandbox", "--disable-gpu"]
        command += [f"--user-data-dir={self.profile}", f"--window-size={width},900"]
        command += ["--enable-logging=stderr", "--dump-dom", page.as_uri()]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", check=True, timeout=120
        )
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return Visit(Dom(done.stdout), console)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        skip("chromium is not installed: apt-get install chromium")
    return Browser(program, tmp_path_factory.mktemp("chromium"))
