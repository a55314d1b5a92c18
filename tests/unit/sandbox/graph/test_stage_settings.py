from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.stage_settings import StageSettings
from provision.sandbox.service import Refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

ANALYST = seed.CATALOGS[0].packages[0]
FOREIGN = {"id": seed.FOREIGN_EXTENSION_ID}
GRANTED, REMOVED = "assignmentRequestGranted", "assignmentRequestRemoved"


def replace(graph: Graph, *wanted: dict[str, Any]) -> tuple[str, ...]:
    tenant = graph.entitlement.tenant
    policy = tenant.require("accessPackageAssignmentPolicy", ANALYST.policy_id)
    return StageSettings(tenant).replace(policy, wanted)


def test_a_setting_keeps_its_id_when_the_body_names_it(graph: Graph) -> None:
    tenant = graph.entitlement.tenant
    old = tenant.rows("customExtensionStageSetting")[0]
    kept, new = replace(
        graph,
        {"id": old.id, "stage": GRANTED, "customExtension": FOREIGN},
        {"stage": REMOVED, "customExtension": FOREIGN},
    )
    assert kept == old.id
    assert tenant.require("customExtensionStageSetting", new).values == {"stage": REMOVED}


def test_settings_that_are_not_wanted_go(graph: Graph) -> None:
    assert replace(graph) == ()
    assert graph.entitlement.tenant.rows("customExtensionStageSetting") == []


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ([{"stage": GRANTED, "customExtension": {"id": "nobody"}}], "'nobody' does not exist in the catalog"),
        ([{"stage": GRANTED}], "'' does not exist in the catalog"),
        ([{"customExtension": FOREIGN}], "needs its stage"),
        ([{"id": "x", "stage": GRANTED, "customExtension": FOREIGN}], "no stage setting with id 'x'"),
        ([{"stage": GRANTED, "customExtension": FOREIGN}] * 2, "stands twice"),
        ([{"stage": "assignmentOneDayBeforeExpiration", "customExtension": FOREIGN}], "cannot be called at the stage"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_and_nothing_changes(
    graph: Graph, wanted: list[dict[str, Any]], complaint: str
) -> None:
    before = graph.entitlement.tenant.rows("customExtensionStageSetting")
    with pytest.raises(Refusal) as refused:
        replace(graph, *wanted)
    assert (refused.value.status, refused.value.code) == (400, "InvalidModel")
    assert complaint in refused.value.message
    assert graph.entitlement.tenant.rows("customExtensionStageSetting") == before


def test_the_extension_of_another_catalog_does_not_fit(graph: Graph) -> None:
    stranger = graph.extension(seed.CATALOGS[1].catalog_id)
    with pytest.raises(Refusal, match="does not exist in the catalog of the policy"):
        replace(graph, {"stage": GRANTED, "customExtension": {"id": stranger["id"]}})
