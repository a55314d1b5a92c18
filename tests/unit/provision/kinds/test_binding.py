from __future__ import annotations

import copy
from typing import Any

import pytest

from provision.change import Change
from provision.errors import ProvisionError
from provision.kinds import binding
from provision.resource import Address, GraphTarget, Request, Resource
from tests.fakes import FOREIGN, InMemoryAzure, guid
from tests.sample import carried_out, destroying, planned, provisioned

ANALYST = guid("q-p1")
OURS = "11111111-0000-4000-8000-000000000001"
FORMER = "11111111-0000-4000-8000-000000000002"
GRANTED, REMOVED = "assignmentRequestGranted", "assignmentRequestRemoved"
REQUEST_TYPE = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"
OTHER_TYPE = "#microsoft.graph.accessPackageAssignmentWorkflowExtension"


def setting(stage: str, extension: str, kind: str = REQUEST_TYPE) -> dict[str, Any]:
    expanded = {"@odata.type": kind, "id": extension, "displayName": "x", "endpointConfiguration": {"url": "https://x"}}
    return {"id": f"{stage}-{extension}", "stage": stage, "customExtension": expanded}


def policy(*settings: dict[str, Any]) -> dict[str, Any]:
    """A policy as Graph shows it, with nulls, annotations and something that nobody knows yet."""
    return {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x",
        "id": "policy-1",
        "displayName": 'Zoë\'s "policy" {x}',
        "createdDateTime": "2025-01-01T00:00:00Z",
        "modifiedDateTime": "2025-01-02T00:00:00Z",
        "automaticRequestSettings": None,
        "reviewSettings": None,
        "expiration": {"endDateTime": None, "duration": "P365D", "type": "afterDuration"},
        "notificationSettings": {"isAssignmentNotificationDisabled": False},
        "somethingNew": {"deep": [1, None]},
        "accessPackage": {"id": "package-1", "displayName": "P"},
        "accessPackage@odata.context": "https://graph.microsoft.com/v1.0/$metadata#y",
        "questions@odata.context": "https://graph.microsoft.com/v1.0/$metadata#z",
        "questions": [{"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "id": "q", "text": "Why?"}],
        "catalog": {"id": "catalog-1"},
        "customExtensionStageSettings@odata.context": "https://graph.microsoft.com/v1.0/$metadata#s",
        "customExtensionStageSettings": [*settings],
    }


def change(action: Any, wanted: dict[str, list[str]], found: dict[str, list[str]] | None = None) -> Change:
    address, target = Address("policy stages", "P"), GraphTarget("policy", ("policy-1",), binding.EXPAND)
    there = Resource(address, target, found) if found is not None else None
    return Change(action, Resource(address, target, wanted), "", there)


def sent(made: Request | None) -> list[tuple[str, str]]:
    assert made is not None
    return [(s["stage"], s["customExtension"]["id"]) for s in made.body["customExtensionStageSettings"]]


BOTH = {GRANTED: [OURS], REMOVED: [OURS]}

TABLE: list[tuple[str, Change, list[dict[str, Any]], list[tuple[str, str]] | None]] = [
    ("nothing there", change("create", BOTH), [], [(GRANTED, OURS), (REMOVED, OURS)]),
    (
        "beside a foreign one at the same stage",
        change("create", BOTH),
        [setting(GRANTED, FOREIGN), setting("assignmentRequestCreated", FOREIGN)],
        [(GRANTED, FOREIGN), ("assignmentRequestCreated", FOREIGN), (GRANTED, OURS), (REMOVED, OURS)],
    ),
    ("half of it there", change("create", BOTH), [setting(REMOVED, OURS)], [(REMOVED, OURS), (GRANTED, OURS)]),
    ("all of it there", change("create", BOTH), [setting(GRANTED, OURS), setting(REMOVED, OURS)], None),
    (
        "a stage less",
        change("update", {GRANTED: [OURS]}, BOTH),
        [setting(GRANTED, OURS), setting(GRANTED, FOREIGN), setting(REMOVED, OURS)],
        [(GRANTED, OURS), (GRANTED, FOREIGN)],
    ),
    (
        "our former extension",
        change("update", {GRANTED: [OURS]}, {GRANTED: [FORMER]}),
        [setting(GRANTED, FORMER), setting(GRANTED, FOREIGN)],
        [(GRANTED, FOREIGN), (GRANTED, OURS)],
    ),
    (
        "twice at one stage",
        change("update", {GRANTED: [OURS]}, {GRANTED: [OURS, OURS]}),
        [setting(GRANTED, OURS), setting(GRANTED, OURS)],
        [(GRANTED, OURS)],
    ),
    (
        "unbound",
        change("delete", BOTH, BOTH),
        [setting(GRANTED, OURS), setting(GRANTED, FOREIGN), setting(REMOVED, OURS)],
        [(GRANTED, FOREIGN)],
    ),
    ("unbound already", change("delete", BOTH, BOTH), [setting(GRANTED, FOREIGN)], None),
]


@pytest.mark.parametrize(("asked", "settings", "stages"), [c[1:] for c in TABLE], ids=[c[0] for c in TABLE])
def test_only_our_own_stage_settings_are_added_or_taken_away(
    asked: Change, settings: list[dict[str, Any]], stages: list[tuple[str, str]] | None
) -> None:
    made = binding.request(asked, policy(*settings))

    if stages is None:
        assert made is None
    else:
        assert sent(made) == stages


def test_every_other_field_survives_with_nulls_and_what_nobody_knows_yet() -> None:
    before = policy(setting(GRANTED, FOREIGN, OTHER_TYPE))
    original = copy.deepcopy(before)

    made = binding.request(change("create", BOTH), before)

    assert made is not None
    assert (made.verb, made.target) == ("put", GraphTarget("policy", ("policy-1",), binding.EXPAND))
    written = dict(made.body)
    stages = written.pop("customExtensionStageSettings")
    same = ("id", "displayName", "automaticRequestSettings", "reviewSettings", "expiration", "notificationSettings")
    assert written == {key: original[key] for key in (*same, "somethingNew", "questions")} | {
        "accessPackage": {"id": "package-1"}
    }
    assert stages[0] == {
        "id": f"{GRANTED}-{FOREIGN}",
        "stage": GRANTED,
        "customExtension": {"@odata.type": OTHER_TYPE, "id": FOREIGN},
    }
    assert stages[1] == {"stage": GRANTED, "customExtension": {"@odata.type": REQUEST_TYPE, "id": OURS}}
    assert before == original


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ("questions", "without questions of assignment policy policy-1"),
        ("accessPackage", "without accessPackage of assignment policy policy-1"),
        ("customExtensionStageSettings", "did not give all stage settings"),
    ],
)
def test_a_policy_that_came_in_part_is_not_written(lost: str, reason: str) -> None:
    part = {key: value for key, value in policy().items() if key != lost}

    with pytest.raises(ProvisionError, match=reason):
        binding.request(change("create", BOTH), part)


def test_a_foreign_setting_without_its_extension_is_not_written_back_without_it() -> None:
    with pytest.raises(ProvisionError, match="did not give all stage settings"):
        binding.request(change("create", BOTH), policy({"id": "s", "stage": GRANTED}))


def test_a_policy_that_is_gone_is_unbound_already_and_cannot_be_bound() -> None:
    assert binding.request(change("delete", BOTH, BOTH), None) is None
    with pytest.raises(ProvisionError, match="disappeared since the plan was made"):
        binding.request(change("create", BOTH), None)


def test_the_stages_are_the_environments_choice() -> None:
    azure = provisioned()

    carried_out(azure, planned(azure, callout={"stages": [GRANTED]}))

    stages = [s["stage"] for s in azure.policies[guid("q-p2")]["customExtensionStageSettings"]]
    assert stages == [GRANTED]


def test_a_package_that_is_mapped_no_more_is_unbound() -> None:
    azure = provisioned()

    plan = planned(azure, mapped=("p2", "p3"))
    carried_out(azure, plan)

    assert "delete policy stages Analyst: Analyst for members" in [str(change) for change in plan.changes]
    assert [s["customExtension"]["id"] for s in azure.policies[ANALYST]["customExtensionStageSettings"]] == [FOREIGN]


def test_a_stage_that_somebody_removed_is_bound_again() -> None:
    azure = provisioned()
    settings = azure.policies[guid("q-p2")]["customExtensionStageSettings"]
    settings[:] = [s for s in settings if s["stage"] == GRANTED]

    (drift,) = planned(azure).changes

    assert str(drift) == "update policy stages Manager: Manager for members"
    assert [difference.path for difference in drift.differences] == [REMOVED]


def test_destroying_leaves_foreign_stage_settings_as_they_were() -> None:
    azure = provisioned()
    carried_out(azure, destroying(azure))

    assert azure.policies == InMemoryAzure().policies
