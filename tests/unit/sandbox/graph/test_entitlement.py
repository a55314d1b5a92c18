from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.service import Refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
ADA = seed.USERS[0]
ENGINEER = seed.CATALOGS[1].packages[0]


@pytest.mark.parametrize("user", [ADA.object_id, "ada.lovelace", "ADA.LOVELACE@lab.example"])
@pytest.mark.parametrize("package", [ENGINEER.package_id, "engineer"])
def test_the_requester_names_user_and_package_in_any_way(graph: Graph, user: str, package: str) -> None:
    told = graph.entitlement.grant(user, package)
    assert told["user"] == {"id": ADA.object_id, "name": "ada.lovelace@lab.example"}
    assert (told["package"]["id"], told["catalog"]) == (ENGINEER.package_id, "Engineering")


@pytest.mark.parametrize(
    ("user", "package", "complaint"),
    [
        ("nobody", "Engineer", "no user 'nobody' in the sandbox; there are ada.lovelace, "),
        ("ada.lovelace", "nothing", "no access package 'nothing' in the sandbox; there are 'Finance analyst', "),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(graph: Graph, user: str, package: str, complaint: str) -> None:
    for act in (graph.entitlement.grant, graph.entitlement.remove):
        with pytest.raises(Refusal) as refused:
            act(user, package)
        assert refused.value.status == 404
        assert complaint in refused.value.message


def test_what_a_user_does_not_have_cannot_be_removed(graph: Graph) -> None:
    with pytest.raises(Refusal, match="Ada Lovelace does not have the access package 'Engineer'"):
        graph.entitlement.remove("ada.lovelace", "Engineer")


def test_a_package_without_a_policy_cannot_be_requested(graph: Graph) -> None:
    tenant = graph.entitlement.tenant
    tenant.remove(tenant.require("accessPackageAssignmentPolicy", ENGINEER.policy_id))
    with pytest.raises(Refusal, match="'Engineer' has no assignment policy"):
        graph.entitlement.grant("ada.lovelace", "Engineer")


def test_requests_are_told_newest_first(graph: Graph) -> None:
    first = graph.entitlement.grant("ada.lovelace", "Engineer")
    second = graph.entitlement.remove("ada.lovelace", "Engineer")
    assert [told["request"] for told in graph.entitlement.requests()] == [second["request"], first["request"]]


def test_a_reset_brings_the_seed_back(graph: Graph) -> None:
    before = graph.all(f"{EM}/assignmentPolicies?$expand=customExtensionStageSettings")
    graph.bind(graph.extension()["id"], "assignmentRequestGranted")
    graph.entitlement.grant("grace.hopper", "On-call engineer")
    graph.manager(seed.CATALOGS[0].catalog_id)
    graph.entitlement.reset()
    after = graph.all(f"{EM}/assignmentPolicies?$expand=customExtensionStageSettings")
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert [len(row["customExtensionStageSettings"]) for row in after] == [1, 0, 0, 0]
    assert graph.all(f"{EM}/assignments") == graph.entitlement.requests() == []
    assert graph.all("/v1.0/roleManagement/entitlementManagement/roleAssignments") == []


def test_batches_are_not_played_and_say_so(graph: Graph) -> None:
    answer = graph.send("POST", "/v1.0/$batch", {"requests": []})
    assert answer.status == 501
    assert "one by one" in answer.body["error"]["message"]
