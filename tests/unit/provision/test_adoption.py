"""What somebody else has made where ours would be: shown with its differences, and taken over only when asked to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision import report
from provision.apply import Stopped
from provision.errors import ProvisionError
from provision.plan import ADOPTION, refuse_unsafe
from tests.fakes import ACCOUNT, WORKFLOWS, InMemoryAzure, Killed, guid
from tests.sample import carried_out, destroying, planned, provisioned

APP = f"{WORKFLOWS}/lockstep-test-finance"
RUNBOOK = f"{ACCOUNT}/runbooks/lockstep"
SETTINGS = f"{ACCOUNT}/variables/lockstep-test-settings"
EXTENSION = "00000000-0000-4000-8000-00000000000e"
MINE = {"description": "mine"}
OTHERS_TEXT = {"description": "lockstep:other x [lockstep:other]"}
OTHER = {"managed-by": "lockstep", "lockstep-environment": "other"}
TYPE = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"


def handmade(**changes: Any) -> InMemoryAzure:
    """A tenant in which somebody has made by hand what Lockstep would make."""
    azure = InMemoryAzure()
    properties = {"state": "Disabled", "definition": {"triggers": {}}, "parameters": {}}
    azure.put_arm(
        APP, location=changes.get("app_location", "West Europe"), tags=changes.get("app_tags"), properties=properties
    )
    runbook = {"runbookType": changes.get("runbook_type", "Python3"), "description": "mine", "state": "Published"}
    azure.put_arm(RUNBOOK, location="westeurope", tags=changes.get("runbook_tags", {"cost": "1"}), properties=runbook)
    azure.contents[RUNBOOK.lower()] = "print('mine')\n"
    variable = {"value": "1", "description": changes.get("variable_description", "mine")}
    variable["isEncrypted"] = changes.get("encrypted", False)
    azure.put_arm(SETTINGS, properties=variable)
    azure.extensions[EXTENSION] = {
        "id": EXTENSION,
        "catalog": guid("c1"),
        "@odata.type": changes.get("extension_type", TYPE),
        "displayName": "Lockstep test: Finance",
        "description": changes.get("description", "mine"),
        "endpointConfiguration": {"logicAppWorkflowName": "mine"},
        "callbackConfiguration": {"timeoutDuration": "PT5M"},
    }
    return azure


def adopt(azure: InMemoryAzure) -> Any:
    return planned(azure, adopt=True, automation=AUTOMATION)


AUTOMATION = {"account": "aa-identity", "hybrid_worker_group": "onprem-workers", "runbook_type": "Python3"}


def test_without_adopt_each_is_shown_with_its_differences_and_the_way_out() -> None:
    plan = planned(handmade(), automation=AUTOMATION)

    assert {refusal.resource.address.kind for refusal in plan.refusals} == {
        "Logic App",
        "custom extension",
        "runbook",
        "variable",
    }
    text = report.text(plan)
    assert "  ! Logic App lockstep-test-finance exists, not ours: take it over with --adopt, or give catalog" in text
    assert '      identity.type: null -> "SystemAssigned"' in text
    assert '      timeoutDuration: "PT5M" -> "PT' in text
    with pytest.raises(ProvisionError, match="nothing was changed"):
        refuse_unsafe(plan)
    foreign = json.loads(report.machine(plan))["foreign"]
    assert all(entry["adoptable"] and entry["differences"] for entry in foreign)


def test_adopting_makes_all_of_it_ours_keeps_the_ids_and_the_next_plan_is_empty() -> None:
    azure = handmade()

    plan = adopt(azure)
    refuse_unsafe(plan)
    carried_out(azure, plan)

    assert sorted(str(change) for change in plan.changes if change.adopts) == [
        "adopt Logic App lockstep-test-finance",
        "adopt custom extension Finance",
        "adopt runbook lockstep",
        "adopt variable lockstep-test-settings",
    ]
    assert {change.reason for change in plan.changes if change.adopts} == {ADOPTION}
    assert azure.extensions[EXTENSION]["description"].endswith("[lockstep:test]")
    assert azure.arm[RUNBOOK.lower()]["tags"]["cost"] == "1"
    assert adopt(azure).changes == ()
    assert planned(azure, automation=AUTOMATION).refusals == ()


def test_the_runbooks_content_is_shown_as_what_changes() -> None:
    assert "      -print('mine')" in report.text(adopt(handmade()))


def test_what_was_adopted_is_deleted_by_destroy() -> None:
    azure = handmade()
    carried_out(azure, adopt(azure))

    carried_out(azure, destroying(azure, automation=AUTOMATION))

    assert azure.state() == InMemoryAzure().state()


@pytest.mark.parametrize(
    ("name", "given_away"),
    [
        ("Logic App lockstep-test-finance", lambda azure: azure.arm[APP.lower()].update(tags={})),
        ("runbook lockstep", lambda azure: azure.arm[RUNBOOK.lower()].update(tags={"cost": "1"})),
        ("variable lockstep-test-settings", lambda azure: azure.arm[SETTINGS.lower()]["properties"].update(MINE)),
        ("custom extension Finance", lambda azure: azure.extensions[EXTENSION].update(MINE)),
    ],
)
def test_what_is_not_ours_any_more_when_its_turn_comes_is_not_deleted(name: str, given_away: Any) -> None:
    azure = handmade()
    carried_out(azure, adopt(azure))
    plan = destroying(azure, automation=AUTOMATION)
    given_away(azure)

    with pytest.raises(Stopped, match=f"{name} is not Lockstep's any more. Run the plan again"):
        carried_out(azure, plan)
    assert not [w for w in azure.writes if w.verb == "delete" and str(w.target) == str(_target(plan, name))]


def _target(plan: Any, name: str) -> Any:
    return next(change.target for change in plan.changes if str(change.resource.address) == name)


def test_what_was_not_adopted_is_never_deleted() -> None:
    assert destroying(handmade(), automation=AUTOMATION).changes == ()


FULL = len(adopt(handmade()).changes)


@pytest.mark.parametrize("loses", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("writes", range(FULL))
def test_an_adoption_killed_at_any_write_is_finished_by_the_next_one(writes: int, *, loses: bool) -> None:
    azure, whole = handmade(), handmade()
    carried_out(whole, adopt(whole))
    azure.dies_after, azure.loses = writes, loses
    with pytest.raises(Killed):
        carried_out(azure, adopt(azure))
    azure.dies_after = None

    carried_out(azure, adopt(azure))

    assert azure.state() == whole.state()
    assert adopt(azure).changes == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"extension_type": "#microsoft.graph.accessPackageAssignmentWorkflowExtension"}, "type of a custom extension"),
        ({"description": "x [lockstep:other]"}, "it belongs to the Lockstep environment other"),
        ({"app_location": "northeurope"}, "it is in northeurope, and a Logic App cannot move to westeurope"),
        (
            {"app_tags": {"managed-by": "lockstep", "lockstep-environment": "other"}},
            "it belongs to the Lockstep environment other",
        ),
        (
            {"runbook_tags": {"managed-by": "lockstep", "lockstep-environment": "other"}},
            "it belongs to the Lockstep environment other",
        ),
        ({"runbook_type": "PowerShell"}, "its runbookType is PowerShell and cannot become Python3 in place"),
        ({"encrypted": True}, "it is encrypted, which cannot be undone"),
        ({"variable_description": "lockstep:other settings"}, "it belongs to the Lockstep environment other"),
    ],
)
def test_what_can_never_be_ours_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    (refusal,) = adopt(handmade(**changes)).refusals

    assert not refusal.adoptable
    assert "exists, not ours, and cannot be adopted: " in str(refusal)
    assert reason in str(refusal)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("Logic App lockstep-test-finance", lambda azure: azure.arm[APP.lower()].update(tags=OTHER)),
        ("runbook lockstep", lambda azure: azure.arm[RUNBOOK.lower()].update(tags=OTHER)),
        (
            "variable lockstep-test-settings",
            lambda azure: azure.arm[SETTINGS.lower()]["properties"].update(OTHERS_TEXT),
        ),
        ("custom extension Finance", lambda azure: azure.extensions[EXTENSION].update(OTHERS_TEXT)),
    ],
)
def test_what_another_environment_took_after_the_plan_is_not_adopted(name: str, taken: Any) -> None:
    azure = handmade()
    plan = adopt(azure)
    taken(azure)

    with pytest.raises(Stopped, match=f"{name}: it belongs to the Lockstep environment other since the plan was made"):
        carried_out(azure, plan)


def test_the_checksum_tells_whether_something_is_adopted() -> None:
    azure, ours = handmade(), provisioned()

    assert adopt(azure).checksum != planned(azure, automation=AUTOMATION).checksum
    assert planned(ours, adopt=True).checksum == planned(ours).checksum


def test_the_machine_form_marks_what_is_adopted() -> None:
    changes = json.loads(report.machine(adopt(handmade())))["changes"]

    assert [change["adopts"] for change in changes].count(True) == 4
