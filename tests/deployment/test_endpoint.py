"""Resources of the local Resource Manager, asked by the pipeline of the Azure SDKs."""

import copy
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient, LogsQueryResult

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import EVERYTHING, SUBSCRIPTION
from tests.azure.wire import Json
from tests.deployment.small import (
    ACTION_GROUP,
    GROUP,
    INSIGHTS,
    RULE,
    RULE_RESOURCE,
    WORKSPACE,
    WORKSPACE_RESOURCE,
    ArmClient,
    ask,
)

ML_WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw"


@pytest.fixture
def workspace(arm: ArmEndpoint) -> Json:
    """A resource group with a workspace in it."""
    arm.add_group("rg-x")
    body = copy.deepcopy(WORKSPACE_RESOURCE)
    arm.add(WORKSPACE, body.pop("apiVersion"), **body)
    return arm.read(WORKSPACE)


def _rule(**properties: Any) -> Json:
    body = copy.deepcopy(RULE_RESOURCE)
    body["properties"].update(scopes=[WORKSPACE], actions={"actionGroups": []}, **properties)
    return {"location": "eastus", "properties": body["properties"]}


@pytest.mark.usefixtures("workspace")
def test_a_rule_comes_back_as_azure_writes_it(arm_client: ArmClient) -> None:
    ask(arm_client, "PUT", RULE, json=_rule())
    found = ask(arm_client, "GET", RULE)

    assert found["id"] == f"{GROUP}/providers/microsoft.insights/scheduledqueryrules/Silent"
    assert found["type"] == "Microsoft.Insights/scheduledQueryRules"
    assert found["properties"]["createdWithApiVersion"] == "2023-12-01"
    assert "actions" not in found["properties"]
    assert found["systemData"]["createdByType"] == "Application"
    with pytest.raises(HttpResponseError, match="ResourceNotFound"):
        ask(arm_client, "GET", f"{RULE}2")


@pytest.mark.usefixtures("workspace")
def test_a_property_that_azure_does_not_know_is_refused(arm_client: ArmClient) -> None:
    with pytest.raises(HttpResponseError, match='"autoMitigat" is not allowed'):
        ask(arm_client, "PUT", RULE, json=_rule(autoMitigat=True))


def test_a_rule_on_a_table_without_data_is_refused_unless_it_is_not_validated(
    arm: ArmEndpoint, workspace: Json, arm_client: ArmClient
) -> None:
    arm.state.tables_with_data = {"AppTraces"}

    with pytest.raises(HttpResponseError, match="named 'AppMetrics'"):
        ask(arm_client, "PUT", RULE, json=_rule())
    ask(arm_client, "PUT", RULE, json=_rule(skipQueryValidation=True))

    assert arm.read(RULE)["properties"]["skipQueryValidation"] is True
    assert workspace["properties"]["customerId"]


@pytest.mark.usefixtures("workspace")
def test_a_workbook_shows_its_content_only_when_it_is_asked_for(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    book = f"{INSIGHTS}/workbooks/18f39300-2eb0-523d-b9a0-6838cf027a98"
    properties = {"displayName": "Book", "category": "workbook", "serializedData": "{}"}
    arm.add(book, "2023-06-01", location="eastus", kind="shared", properties=properties)
    version = {"api-version": "2023-06-01"}

    hidden = ask(arm_client, "GET", book)
    shown = ask(arm_client, "GET", book, params=version | {"canFetchContent": "true"})

    assert hidden["properties"]["serializedData"] is None
    assert shown["properties"]["serializedData"] == "{}"
    assert hidden["type"] is None
    assert "/resourcegroups/rg-x/" in hidden["id"]


def test_application_insights_brings_a_rule_of_its_own(
    arm: ArmEndpoint, workspace: Json, arm_client: ArmClient
) -> None:
    component = {
        "location": "eastus",
        "kind": "web",
        "properties": {"Application_Type": "web", "WorkspaceResourceId": workspace["id"]},
    }
    version = {"api-version": "2020-02-02"}

    ask(arm_client, "PUT", f"{INSIGHTS}/components/appi", json=component, params=version)

    names = [e["name"] for e in ask(arm_client, "GET", f"{GROUP}/resources")["value"]]
    assert sorted(names) == ["Failure Anomalies - appi", "appi", "law-x"]


def _schedules(arm: ArmEndpoint, count: int) -> None:
    arm.add_group("rg-x")
    arm.add(ML_WORKSPACE, "2025-12-01", location="eastus")
    for number in range(count):
        properties = {"isEnabled": number % 2 == 0}
        arm.add(f"{ML_WORKSPACE}/schedules/s{number:03}", "2025-12-01", properties=properties)


def test_schedules_come_in_pages_and_only_the_enabled_unless_asked(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    _schedules(arm, 70)
    where = f"{ML_WORKSPACE}/schedules"

    first = ask(arm_client, "GET", where)
    every, page = (
        [],
        ask(arm_client, "GET", where, params={"api-version": "2025-12-01", "listViewType": "All"}),
    )
    while page.get("nextLink"):
        every += page["value"]
        page = ask(arm_client, "GET", page["nextLink"].removeprefix(arm.url), params={})
    every += page["value"]

    assert len(first["value"]) == 30
    assert {entry["properties"]["isEnabled"] for entry in first["value"]} == {True}
    assert [entry["name"] for entry in every] == [f"s{number:03}" for number in range(70)]
    assert arm.count("GET", "/schedules$") == 4


def test_a_schedule_is_disabled_before_it_is_deleted(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    _schedules(arm, 0)
    schedule = f"{ML_WORKSPACE}/schedules/s000"
    trigger = {"triggerType": "Cron", "expression": "0 2 * * *"}
    action = {"actionType": "InvokeBatchEndpoint", "endpointInvocationDefinition": {}}
    body = {"properties": {"isEnabled": True, "trigger": trigger, "action": action}}
    version = {"api-version": "2025-12-01"}
    ask(arm_client, "PUT", schedule, json=body, params=version)
    found = ask(arm_client, "GET", schedule)

    with pytest.raises(HttpResponseError, match="is enabled"):
        ask(arm_client, "DELETE", schedule)
    with pytest.raises(HttpResponseError, match="does not support http method 'PATCH'"):
        ask(arm_client, "PATCH", schedule, json={"properties": {"isEnabled": False}})
    found["properties"]["isEnabled"] = False
    ask(arm_client, "PUT", schedule, json=found, params=version)
    ask(arm_client, "DELETE", schedule)

    with pytest.raises(HttpResponseError, match="ResourceNotFound"):
        ask(arm_client, "GET", schedule)


def test_a_lock_and_a_missing_permission_forbid(
    arm: ArmEndpoint, workspace: Json, arm_client: ArmClient
) -> None:
    arm.lock(WORKSPACE)
    with pytest.raises(HttpResponseError, match="ScopeLocked"):
        ask(arm_client, "DELETE", WORKSPACE)

    arm.state.group("rg-x").permissions = [EVERYTHING | {"actions": ["*/read"]}]
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        ask(arm_client, "PUT", RULE, json=_rule())

    scope = f"{GROUP}/providers/Microsoft.Authorization"
    assert ask(arm_client, "GET", WORKSPACE)["id"] == workspace["id"]
    assert len(ask(arm_client, "GET", f"{scope}/locks")["value"]) == 1
    assert ask(arm_client, "GET", f"{scope}/permissions")["value"][0]["actions"] == ["*/read"]


@pytest.mark.usefixtures("workspace")
def test_the_sdk_waits_out_throttling_and_outages_and_gets_a_new_token(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.faults.throttle(2)
    arm.faults.unavailable(1)

    ask(arm_client, "GET", WORKSPACE)
    arm.tokens.expire()
    ask(arm_client, "GET", WORKSPACE)

    assert arm.count("GET", "/workspaces/law-x$") == 4 + 2


@pytest.mark.usefixtures("workspace")
def test_a_connection_that_breaks_leaves_what_was_done(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.faults.cut(10, "PUT")

    with pytest.raises((ServiceResponseError, HttpResponseError)):
        ask(arm_client, "PUT", RULE, json=_rule())

    assert arm.read(RULE)["properties"]["severity"] == 1


@pytest.mark.usefixtures("workspace")
def test_resources_are_found_by_tag_and_type(arm: ArmEndpoint, arm_client: ArmClient) -> None:
    for name, tags in (("ours", {"managed-by": "mlmon"}), ("theirs", {})):
        arm.add(f"{INSIGHTS}/actionGroups/{name}", "2023-01-01", location="Global", tags=tags)
    by_tag = "tagName eq 'managed-by' and tagValue eq 'mlmon'"
    by_type = "resourceType eq 'Microsoft.Insights/actionGroups' and resourceGroup eq 'rg-x'"

    def names(condition: str) -> list[str]:
        query = {"api-version": "2021-04-01", "$filter": condition}
        found = ask(arm_client, "GET", f"/subscriptions/{SUBSCRIPTION}/resources", params=query)
        return [entry["name"] for entry in found["value"]]

    assert names(by_tag) == ["ours"]
    assert names(by_type) == ["ours", "theirs"]


def test_a_test_notification_is_reported_by_receiver(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x")
    arm.add(ACTION_GROUP, "2023-01-01", location="Global")
    wanted = {
        "alertType": "logalertv2",
        "emailReceivers": [{"name": "team", "emailAddress": "a@b"}],
    }
    where = f"{arm.url}{ACTION_GROUP}/createNotifications?api-version=2023-01-01"
    started = arm_client.send_request(HttpRequest("POST", where, json=wanted))

    poll = HttpRequest("GET", started.headers["Location"])
    polled = [arm_client.send_request(poll) for _ in range(2)]

    assert [answer.status_code for answer in polled] == [202, 200]
    assert polled[1].json()["actionDetails"][0]["Name"] == "team"
    assert arm.state.test_notifications == [wanted]


@pytest.mark.usefixtures("arm_client")
def test_a_workspace_answers_queries_as_a_test_says(arm: ArmEndpoint, workspace: Json) -> None:
    table = {
        "name": "PrimaryResult",
        "columns": [{"name": "Count", "type": "long"}],
        "rows": [[3]],
    }
    arm.state.query = lambda workspace, query, body: {"tables": [table]}
    client = LogsQueryClient(DefaultAzureCredential(), endpoint=arm.url, audience=arm.url)

    found = client.query_workspace(workspace["properties"]["customerId"], "T", timespan=None)

    assert isinstance(found, LogsQueryResult)
    assert [list(row) for row in found.tables[0].rows] == [[3]]
