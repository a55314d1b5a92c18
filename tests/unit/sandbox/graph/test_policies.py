from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
FINANCE = seed.CATALOGS[0]
ANALYST = FINANCE.packages[0]
URL = f"{EM}/assignmentPolicies/{ANALYST.policy_id}"
EVERYTHING = "$expand=accessPackage,questions,customExtensionStageSettings($expand=customExtension)"
VOLATILE = {"@odata.context", "modifiedDateTime"}


def steady(policy: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in policy.items() if name not in VOLATILE}


def test_putting_back_what_was_read_changes_nothing(graph: Graph) -> None:
    before = graph.get(f"{URL}?{EVERYTHING}")
    assert graph.send("PUT", URL, before).status == 200
    assert steady(graph.get(f"{URL}?{EVERYTHING}")) == steady(before)


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("description", None),
        ("expiration", None),
        ("requestorSettings", None),
        ("requestApprovalSettings", None),
        ("notificationSettings", None),
        ("questions", []),
        ("customExtensionStageSettings", []),
    ],
)
def test_what_a_put_leaves_out_is_lost(graph: Graph, name: str, lost: Any) -> None:
    body = graph.get(f"{URL}?{EVERYTHING}")
    assert body.pop(name)
    assert graph.send("PUT", URL, body).status == 200
    assert graph.get(f"{URL}?{EVERYTHING}")[name] == lost


def test_binding_keeps_the_settings_of_others(graph: Graph) -> None:
    extension = graph.extension(FINANCE.catalog_id)
    graph.bind(extension["id"], "assignmentRequestGranted", "assignmentRequestRemoved", policy=ANALYST.policy_id)
    settings = graph.get(f"{URL}?{EVERYTHING}")["customExtensionStageSettings"]
    assert [(row["stage"], row["customExtension"]["id"]) for row in settings] == [
        ("assignmentRequestGranted", seed.FOREIGN_EXTENSION_ID),
        ("assignmentRequestGranted", extension["id"]),
        ("assignmentRequestRemoved", extension["id"]),
    ]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"id": "another"}, "is not the id in the path"),
        ({"accessPackage": None}, "accessPackage with its id is required"),
        ({"accessPackage": {"id": FINANCE.packages[1].package_id}}, "cannot move"),
        ({"catalog": {"id": FINANCE.catalog_id}}, "catalog cannot be written"),
        ({"displayName": None}, "displayName is required"),
        ({"questions": [{"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "id": "x"}]}, "no question"),
        ({"expiration": {"duration": "365 days, 0:00:00"}}, "Edm.Duration"),
        ({"accessPackageId": "x"}, "does not exist on type"),
    ],
)
def test_a_bad_put_is_refused_and_changes_nothing(graph: Graph, changes: dict[str, Any], complaint: str) -> None:
    before = graph.get(f"{URL}?{EVERYTHING}")
    answer = graph.send("PUT", URL, {**before, "customExtensionStageSettings": [], **changes})
    assert answer.status == 400
    assert complaint in answer.body["error"]["message"]
    assert graph.get(f"{URL}?{EVERYTHING}") == before


def test_a_question_can_be_added_beside_those_that_stay(graph: Graph) -> None:
    body = graph.get(f"{URL}?{EVERYTHING}")
    old = body["questions"][0]
    new = {"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "text": "Since when?"}
    assert graph.send("PUT", URL, {**body, "questions": [old, new]}).status == 200
    assert [row["text"] for row in graph.get(f"{URL}?{EVERYTHING}")["questions"]] == [old["text"], "Since when?"]


def test_patch_is_no_method_of_a_policy(graph: Graph) -> None:
    answer = graph.send("PATCH", URL, {"displayName": "x"})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT")


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (f"accessPackage/id eq '{ANALYST.package_id}'", 1),
        (f"catalog/id eq '{FINANCE.catalog_id}'", 2),
        ("accessPackage/id eq 'nobody'", 0),
    ],
)
def test_policies_are_found_by_package_and_catalog(graph: Graph, condition: str, count: int) -> None:
    assert len(graph.all(f"{EM}/assignmentPolicies?$filter={condition}")) == count


def test_a_policy_shows_its_package_and_catalog_when_expanded(graph: Graph) -> None:
    policy = graph.get(f"{URL}?$expand=accessPackage($expand=catalog),catalog&$select=id")
    assert policy["accessPackage"]["catalog"] == policy["catalog"]
    assert policy["catalog"]["displayName"] == "Finance"
    assert set(policy) == {"@odata.context", "id", "accessPackage", "catalog"}
