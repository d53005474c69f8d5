"""How a verification is written: for a terminal, as JSON, as Markdown."""

import json
from typing import Any

import pytest

from cli.verify import VerifyFormat, written
from cli.verify_markdown import LIMIT
from deployment.verify.compare import Difference, Kind
from deployment.verify.result import State, Verification, Verified
from generator.escape import markdown_text

GROUP = "/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Insights"
HOSTILE = "<img src=x>|[a](http://evil) @all `x` \x1b[31m"


def resource(
    name: str, state: State, *differences: Difference, note: str = "", place: str = ""
) -> Verified:
    kind = "Microsoft.Insights/scheduledQueryRules"
    identifier = f"{GROUP}/scheduledQueryRules/{name}"
    return Verified(identifier, kind, name, state, differences, note, place)


def verification(*resources: Verified) -> Verification:
    return Verification("prod", resources, 19)


QUERY = "AppMetrics\n| where Sum > {}\n| summarize count() by Name, bin(TimeGenerated, 5m)\n"
CHANGED = resource(
    "high-mae",
    State.CHANGED,
    Difference("properties.severity", Kind.CHANGED, 1, 4),
    Difference("properties.query", Kind.CHANGED, QUERY.format(1), QUERY.format(9)),
    Difference("properties.forwardsTo", Kind.UNEXPECTED, None, "elsewhere"),
    Difference("properties.description", Kind.MISSING, "A rule.", None),
    place="config/alerts.yaml:12:5",
)
ALL = verification(
    CHANGED,
    resource("gone", State.MISSING, place="config/alerts.yaml:40:5"),
    resource("old", State.UNEXPECTED),
    resource("closed", State.UNREADABLE, note="GET /x: 403 AuthorizationFailed: no"),
    resource("young", State.NOT_VALIDATED, note="reads AppEvents"),
    resource("theirs", State.COMPANION, note="Azure's own"),
    resource("fine", State.IN_SYNC),
)


def test_text_shows_what_differs_and_counts_the_rest() -> None:
    lines = written(ALL, "text").splitlines()

    assert lines[:8] == [
        "state       resource                      property                expected        found",
        "changed     scheduledQueryRules/high-mae  properties.severity     1               4",
        "                                          properties.query        (see below)"
        "     (see below)",
        "                                          properties.forwardsTo   (not rendered)"
        "  elsewhere",
        "                                          properties.description  A rule."
        "         (missing)",
        "              config/alerts.yaml:12:5",
        "missing     scheduledQueryRules/gone",
        "              config/alerts.yaml:40:5",
    ]
    assert "-| where Sum > 1" in lines
    assert "+| where Sum > 9" in lines
    assert "unreadable  1 scheduledQueryRules  GET /x: 403 AuthorizationFailed: no" in lines
    assert not any("fine" in line for line in lines)
    assert lines[-1] == (
        "prod: 1 changed, 1 missing, 1 unexpected, 1 unreadable, 1 in sync, not validated, "
        "1 companion, 1 in sync (19 requests)"
    )


def test_json_has_every_resource_and_whole_values() -> None:
    record: dict[str, Any] = json.loads(written(ALL, "json"))

    assert (record["environment"], record["in_sync"]) == ("prod", False)
    assert [r["state"] for r in record["resources"]] == [
        *("changed", "missing", "unexpected", "unreadable"),
        *("in sync, not validated", "companion", "in sync"),
    ]
    differences = record["resources"][0]["differences"]
    assert differences[1]["found"] == QUERY.format(9)
    assert "expected" not in differences[2]
    assert "found" not in differences[3]


def test_markdown_shows_what_differs() -> None:
    text = written(ALL, "markdown")

    assert text.startswith("## prod is not in sync\n")
    assert f"| changed | {markdown_text('scheduledQueryRules/high-mae')}" in text
    assert "    +| where Sum > 9\n" in text
    assert f"- unreadable: {markdown_text('1 scheduledQueryRules: GET /x: 403')}" in text
    assert f"- in sync, not validated: {markdown_text('scheduledQueryRules/young')}" in text
    assert written(verification(), "markdown").startswith("## prod is in sync\n")


@pytest.mark.parametrize("style", ["text", "markdown"])
def test_hostile_values_stay_text(style: str) -> None:
    difference = Difference(f"properties.{HOSTILE}", Kind.CHANGED, HOSTILE, HOSTILE * 9)
    text = written(verification(resource(HOSTILE, State.CHANGED, difference)), style)  # type: ignore[arg-type] # a style

    assert "\x1b" not in text
    if style == "markdown":
        table = [line for line in text.splitlines() if line.startswith("|")]
        assert all(line.count("|") == 6 for line in table)
        outside = [line for line in text.splitlines() if not line.startswith("    ")]
        assert not any(c in line for line in outside for c in ("<", "@", "`", "["))


def test_markdown_stays_within_its_limit_and_counts_what_it_leaves_out() -> None:
    many = [resource(f"{HOSTILE}{n}", *CHANGED_STATE) for n in range(3000)]
    text = written(verification(*many), "markdown")

    assert len(text) <= LIMIT
    shown = text.count("| changed |")
    assert f"{3000 - shown} differing resources not shown" in text


CHANGED_STATE = (State.CHANGED, Difference("properties.query", Kind.CHANGED, "a" * 99, "b" * 99))


def test_nothing_differing_is_one_line() -> None:
    assert written(verification(resource("fine", State.IN_SYNC)), "text") == (
        "prod: 1 in sync (19 requests)"
    )


ACTION_GROUP = f"{GROUP}/actionGroups/"


@pytest.mark.parametrize("style", ["text", "markdown"])
def test_what_tells_two_ids_apart_is_shown(style: VerifyFormat) -> None:
    long = ACTION_GROUP.replace("0000", "0000" * 20)
    told = written(
        verification(
            resource(
                "rule",
                State.CHANGED,
                Difference("scopes[0]", Kind.CHANGED, f"{long}ag", f"{long}evil"),
                Difference("scopes[1]", Kind.UNEXPECTED, None, f"{long}more"),
                Difference("other", Kind.CHANGED, [f"{long}{n}" for n in "ab"], [f"{long}c"]),
                Difference("text", Kind.CHANGED, "x" * 200 + "old", "x" * 200 + "new"),
            )
        ),
        style,
    ).replace("\\", "")

    for shown in ("ag", "evil", "more", "a", "b", "c"):
        assert f"…/actionGroups/{shown}" in told
    assert "xold" in told
    assert "xnew" in told
