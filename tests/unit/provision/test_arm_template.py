"""The deployment template: what it deploys is what a plan wants."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.arm_template import RESOURCES, literal, template
from provision.desired import desired
from provision.errors import ProvisionError
from provision.plan import Plan
from provision.resource import ArmTarget, Request, WorkflowTarget
from tests.arm_deployment import Deployment
from tests.fakes import ACCOUNT, GROUP, InMemoryAzure
from tests.sample import LIFECYCLE, SCRIPT, drawn, planned

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["[concat('a')]", "[[x]", "[a", "a]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def rendered(azure: InMemoryAzure | None = None, **changes: Any) -> dict[str, Any]:
    blueprint = drawn(azure or InMemoryAzure(), **changes)
    made: dict[str, Any] = json.loads(json.dumps(template(blueprint.environment, desired(blueprint))))
    return made


def deployed(azure: InMemoryAzure, made: dict[str, Any], **parameters: str) -> list[str]:
    def read(identifier: str, _: str) -> Any:
        return azure.read(ArmTarget(identifier, ""))

    def write(identifier: str, version: str, body: Any) -> None:
        kind = WorkflowTarget if "/workflows/" in identifier else ArmTarget
        azure.send(Request("put", kind(identifier, version), body), lambda _: None)

    return Deployment(made, GROUP, read, **parameters).run(write)


def test_the_nightly_schedule_is_left_to_apply_and_named() -> None:
    made = rendered(sweep={"schedule": "02:30"})

    names = ("schedule lockstep-test-sweep", "job schedule lockstep-test-sweep")
    assert set(names) <= set(made["metadata"]["lockstep"]["notInTemplate"])
    assert "chedules" not in json.dumps(made["resources"])


def left(plan: Plan) -> list[tuple[str, str]]:
    return sorted({(change.action, change.resource.address.kind) for change in plan.changes})


def test_after_a_deployment_only_what_a_template_cannot_do_is_left() -> None:
    azure = InMemoryAzure()

    made = deployed(azure, rendered())

    assert left(planned(azure)) == [
        ("create", "catalog role"),
        ("create", "custom extension"),
        ("create", "policy stages"),
        ("create", "runbook"),
        ("create", "runbook content"),
    ]
    assert len(made) == 7  # two variables, two Logic Apps, three role assignments


def test_lifecycle_workflows_get_their_logic_app_and_its_role() -> None:
    azure = InMemoryAzure()

    made = deployed(azure, rendered(azure, **LIFECYCLE))

    assert f"{GROUP}/providers/Microsoft.Logic/workflows/lockstep-test-lifecycle" in made
    assert {kind for _, kind in left(planned(azure, **LIFECYCLE))} == {
        "catalog role",
        "custom extension",
        "custom task extension",
        "policy stages",
        "runbook",
        "runbook content",
        "workflow task",
    }


def test_what_is_left_is_named_in_the_template_and_in_its_output() -> None:
    azure, made = InMemoryAzure(), rendered()
    deployed(azure, made)

    named = [name.split(" (unless")[0] for name in made["metadata"]["lockstep"]["notInTemplate"]]

    assert sorted(named) == sorted(str(change.resource.address) for change in planned(azure).changes)
    assert made["outputs"]["notDeployed"]["value"] == made["metadata"]["lockstep"]["notInTemplate"]


def test_deploying_twice_writes_the_same_under_the_same_names() -> None:
    azure, made = InMemoryAzure(), rendered()
    first = deployed(azure, made)
    writes = list(azure.writes)
    azure.writes.clear()

    assert deployed(azure, made) == first
    assert azure.writes == writes


def test_the_names_of_role_assignments_are_guids_and_each_is_another() -> None:
    names = [name.rsplit("/", 1)[1] for name in deployed(InMemoryAzure(), rendered()) if "roleAssignments" in name]

    assert len({str(uuid.UUID(name)) for name in names}) == len(names) == 3


def test_the_runbook_is_only_deployed_from_an_address_that_its_content_can_be_fetched_from() -> None:
    made = rendered()
    uri = "https://files.corp.example/runbook.py?sig=1"

    with_it = deployed(azure := InMemoryAzure(), made, runbookUri=uri)

    assert f"{ACCOUNT}/runbooks/lockstep" in with_it
    assert f"{ACCOUNT}/runbooks/lockstep" not in deployed(InMemoryAzure(), made)
    link = next(w.body["properties"] for w in azure.writes if "/runbooks/" in str(w.target))["publishContentLink"]
    assert link == {
        "uri": uri,
        "contentHash": {"algorithm": "sha256", "value": hashlib.sha256(SCRIPT.encode()).hexdigest()},
    }


def test_it_names_where_it_belongs_and_holds_no_address_of_a_trigger() -> None:
    made = rendered()

    assert made["$schema"].endswith("/2019-04-01/deploymentTemplate.json#")
    assert made["metadata"]["lockstep"]["resourceGroup"] == "rg-identity"
    assert "sig=" not in json.dumps(made)
    assert "known after apply" not in json.dumps(made)


@given(JSON)
def test_no_value_is_ever_evaluated(value: Any) -> None:
    assert Deployment({"parameters": {}, "resources": []}, GROUP, lambda *_: None).value(literal(value)) == value


def test_a_name_with_brackets_deploys_as_it_is() -> None:
    azure = InMemoryAzure()
    azure.catalogs.clear()
    azure.packages.clear()
    azure.policies.clear()
    azure.add_catalog("c9", "[concat('a')]", {"p1": "Analyst"})
    listed = [{"name": "[concat('a')]", "logic_app": "la"}]

    deployed(azure, rendered(azure, mapped=("p1",), catalogs=listed))

    assert ("update", "Logic App") not in left(planned(azure, ("p1",), catalogs=listed))


def test_more_than_resource_manager_takes_is_refused_with_the_way_out() -> None:
    blueprint = drawn(InMemoryAzure())
    many = [resource for resource in desired(blueprint) if resource.address.kind == "variable"] * RESOURCES

    with pytest.raises(ProvisionError, match=r"1600 resources .* --catalog"):
        template(blueprint.environment, many)
