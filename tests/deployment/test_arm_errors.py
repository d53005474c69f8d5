"""Errors of Azure are explained by their innermost message, and by where they come from."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment.arm_errors import explain
from deployment.arm_hints import HINTS, hint_of
from deployment.expected import ExpectedResource
from deployment.origin import Origins
from tests.deployment.shipped import shipped

ERRORS = Path(__file__).with_name("errors")
GROUP = "/subscriptions/1/resourceGroups/rg-mlops-prod/providers"
COMPONENT = f"{GROUP}/Microsoft.Insights/components/appi-mlops-prod"


@pytest.fixture(scope="module")
def origins() -> Origins:
    return shipped()[0]


@pytest.fixture(scope="module")
def expected() -> list[ExpectedResource]:
    role = f"{COMPONENT}/providers/Microsoft.Authorization/roleAssignments"
    ids = [
        f"{GROUP}/Microsoft.OperationalInsights/workspaces/law-mlops-monitoring",
        COMPONENT,
        f"{role}/1a26ebeb-a657-5c68-92ef-88b6b59a138a",
    ]
    entry_point: Any = None  # explaining reads ids and bodies only
    return [ExpectedResource(i, "", "", entry_point, {}) for i in ids]


EXPLAINED = {
    "semantic-error": [
        (
            "alert rule high-mae-alert",
            "alerts.yaml:",
            "'distinct' operator: Failed to resolve table or column expression named 'AppMetrics' "
            "(SEM0100)",
            "--first",
        )
    ],
    "policy": [
        ("workspace law-mlops-monitoring", "prod.yaml:9:1", "(RequestDisallowedByPolicy)", "tags"),
        ("component appi-mlops-prod", "prod.yaml:18:1", "(RequestDisallowedByPolicy)", "tags"),
    ],
    "authorization-what-if": [
        ("role assignment 1a26ebeb", "prod.yaml:", "does not have permission", "lacks a role")
    ],
    "scope-locked": [
        ("action group ag-mlops-warning", "alerts.yaml:", "(ScopeLocked)", "remove the lock")
    ],
    "expired-sign-in": [("The refresh token has expired", "", "(AADSTS700082)", "`az login`")],
    "deployment-quota": [("Creating the deployment", "", "(DeploymentQuotaExceeded)", "delete")],
    "deployment-active": [("Unable to edit", "", "(DeploymentActive)", "wait for its end")],
    "stack": [("The value 'audit2'", "", "(PolicyParameterValueNotAllowed)", "")],
    "multiple-errors": [
        (
            "Microsoft.AlertsManagement: The sub",
            "",
            "(MissingSubscriptionRegistration)",
            "register",
        ),
        ("Resource group 'rg-mlops-ml-prod'", "", "(ResourceGroupNotFound)", "resource_group"),
    ],
    "traceback": [
        ("action group ag-mlops-warning", "alerts.yaml:", "try again. (ScopeLocked)", "remove the")
    ],
    "network": [("('Unable to connect", "", "Connection refused", "network was lost")],
    "cut-off": [("('Connection broken", "", "more expected)", "network was lost")],
    "operations": [
        ("alert rule batch-job-failure", "alerts.yaml:", "'AmlComputeJobEvent'", "--first")
    ],
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_an_error_is_explained(
    name: str, origins: Origins, expected: list[ExpectedResource]
) -> None:
    text = (ERRORS / f"{name}.txt").read_text(encoding="utf-8")

    causes = explain(text, origins, expected).causes

    assert len(causes) == len(EXPLAINED[name])
    for cause, (begins, place, message, hint) in zip(causes, EXPLAINED[name], strict=True):
        first, *advice = cause.text.splitlines()
        assert first.startswith(begins)
        assert place in cause.place
        assert bool(place) == bool(cause.place)
        assert message in first
        assert hint in "".join(advice)
        assert bool(hint) == bool(advice)


def test_everything_that_lacks_a_role_is_told(
    origins: Origins, expected: list[ExpectedResource]
) -> None:
    one = (
        "Authorization failed for template resource '{}' of type 'Microsoft.Insights/components'. "
        "The client '9' does not have permission to perform action '{}' at scope '/x'."
    )
    both = ":".join([one.format("appi-mlops-prod", "a/write"), one.format("appi", "b/write")])
    text = f"ERROR: (InvalidTemplateDeployment) Deployment failed with multiple errors: '{both}'"

    causes = explain(text, origins, expected).causes

    assert [(c.code, c.message) for c in causes] == [
        ("AuthorizationFailed", one.format("appi-mlops-prod", "a/write")),
        ("AuthorizationFailed", one.format("appi", "b/write")),
    ]
    assert all("lacks a role" in c.hint for c in causes)


def test_every_recorded_error_is_explained() -> None:
    assert {path.stem for path in ERRORS.glob("*.txt")} == set(EXPLAINED)


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        ("Conflict", "", "another operation"),
        ("SubscriptionRequestsThrottled", "", "throttles"),
        ("", "HTTPSConnectionPool(...): Max retries exceeded with url", "network"),
        ("", "Please run 'az login' to setup account.", "nobody is signed in"),
        ("InvalidTemplate", "Deployment template validation failed", "mlmon build"),
        ("AADSTS50076", "multi-factor authentication", "has expired"),
        ("AADSTS90002", "Tenant not found", "was refused"),
        ("ParentResourceNotFound", "", "not there"),
        ("SomethingNew", "never seen", None),
    ],
)
def test_the_first_hint_that_fits_counts(code: str, message: str, advice: str | None) -> None:
    hint = hint_of(code, message)

    assert (hint is None) == (advice is None)
    assert hint is None or advice in hint.advice  # type: ignore[operator] # both or none


def test_hints_link_to_documentation() -> None:
    assert all(h.link.startswith("https://learn.microsoft.com/") for h in HINTS)
    assert all(h.codes or h.message for h in HINTS)


def test_what_says_nothing_is_said_to_say_nothing() -> None:
    assert explain("").text == "Azure gave no reason"
    assert explain("ERROR: \n").text == "Azure gave no reason"


def test_a_terminal_cannot_be_steered_by_a_message() -> None:
    error = {"code": "X", "message": "a\x1b[2Jb\nc\u202ed"}

    assert explain(json.dumps(error)).text == "a\\u{1b}[2Jb c\\u{202e}d (X)"


GIVEN = "S3CR3T-https://hooks.example.com/?sig=1&v='2'"
PIECES = st.sampled_from(
    [
        *('{"error":', '{"code":"A","message":"', '"details":[', "}", "]", '"', ",", "\\", "\n"),
        *("ERROR: ", "(Code) ", "Inner Errors: ", "Code - ", "Target: ", "/subscriptions/"),
        *(GIVEN, json.dumps(GIVEN)),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
def test_no_text_makes_it_fail_or_tell_a_secret(text: str) -> None:
    told = explain(text, secrets=[GIVEN]).text

    assert told
    assert GIVEN not in told
    assert "S3CR3T" not in explain(GIVEN + text, secrets=[GIVEN]).text.split("***")[0]


@given(
    st.recursive(
        st.none() | st.text(max_size=4) | st.just(GIVEN) | st.just(json.dumps({"message": GIVEN})),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "code", "message", "target", "details", "innererror"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_no_document_makes_it_fail_or_tell_a_secret(document: Any) -> None:
    told = explain(json.dumps(document), secrets=[GIVEN])

    assert told.causes
    assert GIVEN not in told.text


def test_depth_and_size_are_limited() -> None:
    deep = '{"error":' * 5_000 + "1" + "}" * 5_000

    assert explain(deep).causes
    assert len(explain('{"message":"' + "x" * 10_000_000 + '"}').text) < 1_000


def test_a_secret_is_not_cut_in_two() -> None:
    escaped = "".join(f"\\u{ord(c):04x}" for c in GIVEN)
    text = '{"message":"' + "x" * 785 + " " + escaped + '"}'

    assert "S3CR" not in explain(text, secrets=[GIVEN]).text
