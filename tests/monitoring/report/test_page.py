"""The page in a real browser: nothing from outside, nothing run, everything readable."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from benchmarks.report import broken
from benchmarks.result_folders import FEATURES, CircuitDay, write_day
from generator.fleet import Fleet
from monitoring.report import read_day, write_report
from monitoring.report.page import _FOLDER as TEMPLATES
from monitoring.report.sparkline import HEIGHT, sparkline
from tests.conftest import mlmon_process
from tests.monitoring.report.conftest import Browser, Visit

AS_OF = date(2026, 11, 20)
SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"'><img src=x onerror=alert(1)>"
REVERSED = "\u202ered\u2066no"
LONG = "W" * 5000
HOSTILE = [
    CircuitDay(SCRIPT, IMAGE, SCRIPT, drift=1.73, drift_status="drift", features=(IMAGE, LONG)),
    CircuitDay(
        "</style></title>",
        REVERSED,
        LONG,
        action="retrain_now",
        severity="high",
        row="`$(reboot)`",
        reason=f"{SCRIPT} {{{{ 7 * 7 }}}} </style> {LONG}",
    ),
    CircuitDay("PLANT001", LONG, drift=None, drift_status="error", drift_reason=IMAGE),
]


def report(folder: Path, fleet: Fleet, parent: Path) -> Path:
    out = parent / "report.html"
    write_report(folder, read_day(folder), fleet, out)
    return out


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, fleet: Fleet) -> Path:
    parent = tmp_path_factory.mktemp("hostile")
    met: dict[str, object] = {"issues": {SCRIPT: []}, "unknown": [IMAGE]}
    folder = write_day(parent, AS_OF, HOSTILE, met=met, data=f"/data/{SCRIPT}; rm -rf '$HOME'")
    return report(folder, fleet, parent)


@pytest.fixture(scope="module")
def visit(hostile: Path, browser: Browser) -> Visit:
    return browser.visit(hostile)


def test_a_browser_has_nothing_to_complain_about(visit: Visit) -> None:
    assert visit.console == []


def test_what_the_policy_does_not_name_is_refused_and_noticed(
    hostile: Path, browser: Browser, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text(hostile.read_text().replace("<h1>", "<script>document.title = 1</script><h1>"))

    assert any("Content Security Policy" in line for line in browser.visit(page).console)


def test_hostile_names_stay_text(visit: Visit) -> None:
    dom = visit.dom

    assert (dom.count("script"), dom.count("style"), dom.count("img")) == (1, 1, 0)
    assert f"{SCRIPT}/{IMAGE}" in dom.text
    assert "{{ 7 * 7 }}" in dom.text
    assert r"\u{202e}red\u{2066}no" in dom.text
    assert not {"\u202e", "\u2066"} & set(dom.text)
    assert not any(name.startswith("on") for each in dom.elements for name in each.attributes)
    assert all("style" not in each.attributes for each in dom.elements)


def test_a_command_of_a_hostile_address_is_quoted_for_the_shell(visit: Visit) -> None:
    assert "--data '/data/<script>alert(1)</script>; rm -rf '\"'\"'$HOME'\"'\"''" in visit.dom.text


def test_the_page_loads_nothing(visit: Visit) -> None:
    links = [each.attributes.get("href") or "" for each in visit.dom.elements]
    links += [each.attributes.get("src") or "" for each in visit.dom.elements]

    assert all(link.startswith(("#", "https://")) for link in links if link)
    assert not {"link", "iframe", "object", "base", "form"} & {e.tag for e in visit.dom.elements}
    [policy] = [
        each.attributes["content"] or ""
        for each in visit.dom.elements
        if each.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_the_key_numbers_are_on_the_page(visit: Visit) -> None:
    text = visit.dom.text

    assert "Fleet report, 20 Nov 2026" in text
    assert "1 of 3 circuits needs action; all new on this first day." in text
    assert "1 needs action 1 high" in text
    assert "1 drifted of 2 judged" in text
    assert "1.73" in text
    assert "0.173" in text


def test_a_phone_needs_no_scrolling_aside_and_the_filter_finds(
    hostile: Path, browser: Browser, tmp_path: Path
) -> None:
    probe = """<script>
      const input = document.querySelector("#filter input");
      input.value = "RETRAIN";
      input.dispatchEvent(new Event("input", {bubbles: true}));
      document.title = JSON.stringify({
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        shown: document.querySelectorAll(".plant details:not([hidden])").length,
        told: document.querySelector("#filter output").textContent,
      });
    </script></body>"""
    page = tmp_path / "page.html"
    text = re.sub(r"<meta http-equiv[^>]*>", "", hostile.read_text(encoding="utf-8"))
    page.write_text(text.replace("</body>", probe), encoding="utf-8")

    found = browser.visit(page, width=500)

    assert found.console == []
    told = json.loads(found.dom.title)
    assert told == {"wide": 0, "shown": 1, "told": "1 of 3 circuits"}


FAULT = {
    "plant_id": "PLANT001",
    "circuit_id": "CIRCUIT01",
    "kind": "shift",
    "feature": "vibration",
    "size": 3.0,
    "start": "2026-11-13T00:00:00Z",
    "end": "2026-11-20T00:00:00Z",
}


def test_tables_fit_a_phone_or_scroll_without_a_broken_word(
    fleet: Fleet, browser: Browser, tmp_path: Path
) -> None:
    folder = write_day(tmp_path, AS_OF, [CircuitDay("PLANT001", "CIRCUIT01")])
    faults, out = tmp_path / "faults.json", tmp_path / "page.html"
    faults.write_text(json.dumps({"faults": [FAULT]}))
    write_report(folder, read_day(folder), fleet, out, faults=faults)
    probe = """<script>
      document.body.style.width = "390px";
      const all = (selector) => [...document.querySelectorAll(selector)];
      document.title = JSON.stringify({
        wide: all(".scroll").map((each) => each.scrollWidth - each.clientWidth),
        whole: all(".heat thead span")
          .filter((each) => each.scrollHeight <= each.clientHeight)
          .map((each) => each.title),
      });
    </script></body>"""
    text = re.sub(r"<meta http-equiv[^>]*>", "", out.read_text(encoding="utf-8"))
    out.write_text(text.replace("</body>", probe), encoding="utf-8")

    told = json.loads(browser.visit(out, width=500).dom.title)

    assert told == {"wide": [0, 0, 0], "whole": list(FEATURES)}


def test_every_anchor_leads_somewhere(visit: Visit) -> None:
    ids = [each.attributes["id"] for each in visit.dom.elements if "id" in each.attributes]
    links = {each.attributes.get("href") or "" for each in visit.dom.elements}

    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, config: Path) -> None:
    folder = write_day(tmp_path, AS_OF, HOSTILE)
    pages = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Kolkata")):
        out = tmp_path / f"{seed}.html"
        done = mlmon_process(
            *("report", "--results", str(folder), "--out", str(out), "--config", str(config)),
            cwd=Path(__file__).resolve().parents[3],
            environment={"PYTHONHASHSEED": seed, "TZ": zone},
        )
        assert (done.returncode, done.stderr) == (0, "")
        pages.append(out.read_bytes())

    assert pages[0] == pages[1]


def test_a_thousand_broken_circuits_stay_under_two_megabytes(tmp_path: Path, fleet: Fleet) -> None:
    folder = write_day(tmp_path, AS_OF, broken(1000, 0))

    page = report(folder, fleet, tmp_path)

    assert 1_000_000 < page.stat().st_size < 2_000_000
    text = page.read_text(encoding="utf-8")
    assert text.count("<details data-due>") == 1000
    assert text.count('<article class="decision">') == 60


def schemes() -> Iterator[dict[str, str]]:
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([\w-]+): (#\w+);", css.partition("@media")[0]))
    dark = css.partition("prefers-color-scheme: dark")[2].partition("* {")[0]
    yield light
    yield light | dict(re.findall(r"--([\w-]+): (#\w+);", dark))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", list(schemes()), ids=["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(scheme: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    pairs = [(ink, paper) for paper in ("paper", "wash") for ink in ("ink", "soft", "link")]
    tones = ("high", "medium", "low", "unknown")
    pairs += [(tone, paper) for tone in tones for paper in ("paper", "wash", f"{tone}-wash")]
    pairs += [("soft", "h1"), *(("ink", f"h{n}") for n in (2, 3, 4)), ("h5-ink", "h5")]
    for ink, paper in pairs:
        low, high = sorted((luminance(scheme[ink]), luminance(scheme[paper])))

        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} on {paper}"


def test_the_line_of_the_limit_is_where_lines_have_their_limit() -> None:
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    [top] = re.findall(r"0 ([\d.]+)px / 90px 1px no-repeat", css)
    [height] = re.findall(r"fill: none; height: (\d+)px", css)

    assert int(height) == HEIGHT
    assert sparkline([1.0]).path == f"M2 {float(top) + 0.5:g}h0"
