"""Somebody changes by hand what was deployed: `plan` says it in the service's own words, `apply` mends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provision.sandbox import seed
from tests.end_to_end import portal
from tests.end_to_end.scene import Scene, played

FINANCE, ENGINEERING = seed.CATALOGS[:2]
POLICY = FINANCE.packages[0].policy_id
CLAIMS = (
    "properties.accessControl.triggers.openAuthenticationPolicies.policies.AzureADEntitlementManagementPOPAuthPolicy"
)
APP = "lockstep-sandbox-finance"
ACCOUNT = (
    f"/subscriptions/{seed.SUBSCRIPTION}/resourceGroups/{seed.RESOURCE_GROUP}"
    f"/providers/Microsoft.Automation/automationAccounts/{seed.AUTOMATION_ACCOUNT}"
)
VARIABLE = f"{ACCOUNT}/variables/lockstep-sandbox-settings?api-version=2024-10-23"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One sandbox with everything applied; each test leaves it mended."""
    for scene in played(tmp_path_factory.mktemp("scene")):
        scene.begin()
        done = scene.type("apply", "--yes")
        assert done.code == 0, done.err
        yield scene


def edited_settings(scene: Scene) -> None:
    variable = portal.send(scene.sandbox, "GET", VARIABLE)
    settings = json.loads(variable["properties"]["value"])
    settings["safety"]["protected_groups"] = ["Nobody"]
    portal.send(scene.sandbox, "PUT", VARIABLE, _variable(variable, json.dumps(settings)))


def _variable(answer: Any, value: str) -> Any:
    properties = {"value": value, "description": answer["properties"]["description"], "isEncrypted": False}
    return {"name": answer["name"], "properties": properties}


def another_timeout(scene: Scene) -> None:
    catalog = f"{portal.EM}/catalogs/{FINANCE.catalog_id}/customWorkflowExtensions"
    found = [
        row for row in portal.send(scene.sandbox, "GET", catalog)["value"] if row["id"] != seed.FOREIGN_EXTENSION_ID
    ]
    (extension,) = found
    extension["callbackConfiguration"]["timeoutDuration"] = "PT5M"
    portal.send(scene.sandbox, "PUT", f"{catalog}/{extension['id']}", extension)


def roles_taken(scene: Scene) -> None:
    app = portal.send(scene.sandbox, "GET", f"{portal.logic_app(scene.sandbox, APP)}?{portal.LOGIC}")
    assert portal.delete_roles(scene.sandbox, app["identity"]["principalId"]) == 1


def all_unbound(scene: Scene) -> None:
    for stage in ("assignmentRequestGranted", "assignmentRequestRemoved"):
        portal.unbind(scene.sandbox, FINANCE.packages[1].policy_id, stage)


DRIFT: dict[str, tuple[Callable[[Scene], object], tuple[str, ...]]] = {
    "a claim edited": (
        lambda scene: portal.edit_claim(scene.sandbox, APP, "u", "evil.example"),
        (
            f"  ~ Logic App {APP} - differs in {CLAIMS}.claims[u].value",
            f'      {CLAIMS}.claims[u].value: "evil.example" -> "management.azure.com"',
        ),
    ),
    "shared access signatures allowed again": (
        lambda scene: portal.allow_signatures(scene.sandbox, APP),
        ('      properties.accessControl.triggers.sasAuthenticationPolicy.state: "Enabled" -> "Disabled"',),
    ),
    "the Logic App disabled": (
        lambda scene: portal.disable(scene.sandbox, APP),
        ('      properties.state: "Disabled" -> "Enabled"',),
    ),
    "a stage unbound": (
        lambda scene: portal.unbind(scene.sandbox, FINANCE.packages[1].policy_id, "assignmentRequestRemoved"),
        ("is missing at stage assignmentRequestRemoved", "      assignmentRequestRemoved: (absent) -> ["),
    ),
    "every stage unbound": (
        all_unbound,
        (" - calls the custom extension at assignmentRequestGranted and assignmentRequestRemoved",),
    ),
    "the runbook edited in the portal": (
        lambda scene: portal.edit_runbook(scene.sandbox, "lockstep", "print('by hand')\n"),
        ("      content: 0 lines added, 1 removed", "      -print('by hand')"),
    ),
    "a setting edited": (
        edited_settings,
        ('      value.safety.protected_groups[0]: "Nobody" -> ',),
    ),
    "a role assignment deleted": (
        roles_taken,
        (f"  + role assignment Automation Operator for {APP} - lets the Logic App start jobs",),
    ),
    "another timeout": (
        another_timeout,
        ('      timeoutDuration: "PT5M" -> "PT',),
    ),
}


@pytest.mark.parametrize("name", DRIFT)
def test_what_was_changed_by_hand_is_shown_field_by_field_mended_by_apply_and_then_gone(
    deployed: Scene, name: str
) -> None:
    change, shown = DRIFT[name]
    change(deployed)

    plain = deployed.type("plan")
    pending = deployed.type("plan", "--exit-code")
    mended = deployed.type("apply", "--yes")
    after = deployed.type("plan", "--exit-code")

    assert (plain.code, pending.code) == (0, 2), pending.err
    assert [text for text in shown if text not in plain.out] == [], plain.out
    assert mended.code == 0, mended.err
    assert after.code == 0, after.out


def test_a_draft_that_nobody_published_runs_nowhere_and_is_no_difference(deployed: Scene) -> None:
    portal.edit_runbook(deployed.sandbox, "lockstep", "print('by hand')\n", publish=False)

    assert deployed.type("plan", "--exit-code").code == 0


def test_what_is_not_ours_any_more_is_shown_and_taken_back_only_with_adopt(deployed: Scene) -> None:
    deployed.disown()

    shown = deployed.type("plan")
    refused = deployed.type("apply", "--yes")
    planned = deployed.type("plan", "--adopt", "--json")
    other = deployed.type("apply", "--yes", "--adopt", "--plan-checksum", "0" * 64)
    adopted = deployed.type("apply", "--yes", "--adopt", "--plan-checksum", json.loads(planned.out)["checksum"])
    after = deployed.type("plan", "--exit-code")

    assert (shown.code, refused.code, other.code) == (1, 1, 1)
    assert f"  ! Logic App {APP} exists, not ours: take it over with --adopt, or " in shown.out
    assert '      tags.managed-by: (absent) -> "lockstep"' in shown.out
    assert "exists, not ours" in refused.err
    assert {change["adopts"] for change in json.loads(planned.out)["changes"] if change["kind"] == "Logic App"} == {
        True
    }
    assert adopted.code == 0, adopted.err
    assert after.code == 0, after.out
