"""Who deploys and who runs the jobs: sign-in, permissions, account, workers, clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from provision.doctor.azure_permission import allowed
from provision.doctor.examination import examine
from provision.doctor.facts import Facts
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import Json, Target
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL, GROUP, guid
from tests.patient import DEPLOYER, Patient, examined, facts, found, noticed, red, sound

WORKERS = f"{ACCOUNT}/hybridRunbookWorkerGroups/onprem-workers".lower()
WRITE = "permission EntitlementManagement.ReadWrite.All"


def token(patient: Patient, **claims: Any) -> None:
    assert isinstance(patient.token, dict)
    patient.token = {**patient.token, **claims}


def test_a_failed_sign_in_is_told_and_graph_is_not_asked_in_vain() -> None:
    patient = sound()
    patient.token = ProvisionError("No sign-in to tenant x (azure_cli): nobody. Run `az login`.")

    checks = examined(patient)

    check = found(checks, "sign-in")
    assert (check.state, check.said, check.fix) == (
        "fail",
        "No sign-in to tenant x (azure_cli): nobody",
        "Run `az login`.",
    )
    assert [target for target in patient.asked if "noun" in str(target)] == []
    assert {state for _, subject, state in red(checks) if subject != "sign-in"} == {"unknown"}
    assert found(checks, "runbook content lockstep").state == "ok"
    assert found(checks, "catalog Finance").state == "unknown"


def test_a_sign_in_to_another_tenant_is_told() -> None:
    patient = sound()
    token(patient, tid="99999999-9999-4999-8999-999999999999")

    (check,) = [check for check in examined(patient) if check.red]

    assert "but in tenant 99999999-9999-4999-8999-999999999999, not 11111111" in check.said
    assert "`az login --tenant 11111111-1111-4111-8111-111111111111`" in check.fix


def test_a_person_is_warned() -> None:
    patient = sound()
    token(patient, scp="user_impersonation", roles=None)

    checks = examined(patient)

    assert found(checks, "sign-in").state == "warn"
    assert found(checks, WRITE).state == "fail"


def test_a_missing_permission_of_graph_is_named_with_what_the_token_has() -> None:
    patient = sound()
    token(patient, roles=["Application.Read.All", "Mail.Read"])

    (check,) = [check for check in examined(patient) if check.red]

    assert check.subject == WRITE
    assert check.said.endswith("policies, extensions and catalog roles; the token has Application.Read.All, Mail.Read")
    assert "`lockstep grant -e test` shows the command" in check.fix
    assert "API permissions > Add > Microsoft Graph" in check.fix


def test_catalog_owner_stands_in_for_the_writing_permission() -> None:
    patient = sound()
    token(patient, roles=["EntitlementManagement.Read.All", "Application.Read.All"])
    for key in ("c1", "c2"):
        patient.roles[key] = {
            "id": key,
            "principalId": DEPLOYER,
            "roleDefinitionId": "ae79f266-94d4-4dab-b730-feca7e132178",
            "appScopeId": f"/AccessPackageCatalog/{guid(key)}",
        }

    both = noticed(examined(patient))
    del patient.roles["c2"]
    one = noticed(examined(patient))

    assert both == [("credential", WRITE, "warn")]
    assert one == [("credential", WRITE, "fail")]


def test_what_only_the_doctor_reads_is_a_warning_when_it_may_not() -> None:
    patient = sound()
    token(patient, roles=["EntitlementManagement.ReadWrite.All"])

    assert noticed(examined(patient)) == [("credential", "permission Application.Read.All", "warn")]


LCW = {"workflows": ["Onboard"]}


def test_lifecycle_workflows_need_three_permissions_more() -> None:
    patient = Patient()
    token(patient, roles=["EntitlementManagement.ReadWrite.All", "LifecycleWorkflows.ReadWrite.All"])

    checks = {
        c.subject: c.state for c in examined(patient, lifecycle_workflows=LCW) if c.subject.startswith("permission")
    }

    assert checks == {
        WRITE: "ok",
        "permission LifecycleWorkflows-CustomExt.ReadWrite.All": "ok",
        "permission LifecycleWorkflows-Workflow.ReadWrite.All": "ok",
        "permission Application.Read.All": "fail",
    }


def test_a_missing_azure_role_names_the_actions_and_the_role_that_gives_them() -> None:
    patient = sound()
    patient.allow(GROUP, ["Microsoft.Logic/*"])
    patient.allow(ACCOUNT, ["*"], but=("Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"))

    (check,) = [check for check in examined(patient) if check.red]

    assert check.subject == "Azure role for role assignments"
    roles = "Microsoft.Authorization/roleAssignments"
    assert check.said == f"is missing for {roles}/write, {roles}/delete"
    assert check.fix.startswith(
        '`az role assignment create --role "Role Based Access Control Administrator" '
        f'--assignee-object-id {DEPLOYER} --assignee-principal-type ServicePrincipal --scope "{ACCOUNT}"`.'
    )


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], False),
        ([{"actions": ["*"]}], True),
        ([{"actions": ["microsoft.logic/WORKFLOWS/*"], "notActions": []}], True),
        ([{"actions": ["*"], "notActions": ["Microsoft.Logic/*/write"]}], False),
        ([{"actions": ["*"], "notActions": ["Microsoft.Logic/*/write"]}, {"actions": ["*/write"]}], True),
        ([{"actions": ["Microsoft.Logic/workflows/writer"]}], False),
        ([{"actions": ["Microsoft.Logic.workflows.write"]}], False),
    ],
)
def test_an_action_is_allowed_by_one_entry_that_does_not_take_it_back(entries: Any, expected: bool) -> None:  # noqa: FBT001 - pytest passes it so
    assert allowed("Microsoft.Logic/workflows/write", tuple(entries)) is expected


def test_a_read_that_is_refused_is_a_fault_of_its_own_and_hides_only_what_hangs_on_it() -> None:
    patient = sound()
    patient.silent["roleAssignments"] = ServiceRefusal("No permission for reading roles. Give Reader.", 403, "x")

    checks = examined(patient)

    check = found(checks, "reading role assignments")
    assert (check.state, check.said, check.fix) == ("fail", "No permission for reading roles", "Give Reader.")
    others = [entry for entry in red(checks) if entry[1] != check.subject]
    assert {(area, state) for area, _, state in others} == {("roles", "unknown")}
    assert all("role assignment " in subject for _, subject, _ in others)


def test_a_service_that_does_not_answer_is_asked_twice_and_no_more() -> None:
    patient = sound()
    patient.silent["Graph"] = ProvisionError("Microsoft Graph at x did not answer: refused. Check the network.")

    checks = examined(patient)

    assert len([target for target in patient.asked if "Graph" in str(target)]) == 2
    unknown = [check for check in checks if check.red]
    assert {check.state for check in unknown} == {"unknown"}
    assert {check.fix for check in unknown} == {"Check the network."}
    assert {check.area for check in checks if check.area not in {c.area for c in unknown}} == {
        "clock",
        "hybrid workers",
        "runbook",
    }


def test_azure_silent_leaves_graph_judged() -> None:
    patient = sound()
    patient.silent["Arm"] = ServiceRefusal("Resource Manager is busy. Wait.", 503, "Busy")
    patient.silent["WorkflowTarget"] = patient.silent["ContentTarget"] = patient.silent["Arm"]
    patient.undated = patient.silent["Arm"]

    checks = examined(patient)

    assert found(checks, "catalog Finance").state == "ok"
    assert found(checks, "this machine").state == "unknown"
    assert {state for _, _, state in red(checks)} == {"unknown"}


def test_no_account() -> None:
    patient = sound()
    del patient.arm[ACCOUNT.lower()]

    checks = examined(patient)

    check = found(checks, "aa-identity")
    assert (check.state, check.said) == ("fail", "does not exist in resource group rg-identity of the subscription")
    assert "correct the name: test.yaml:1:" in check.fix
    assert found(checks, "onprem-workers").state == "unknown"


def test_a_scope_of_which_azure_says_that_it_does_not_exist_is_not_judged() -> None:
    class Gone(Patient):
        def read(self, target: Target) -> Json:
            return None if ACCOUNT in str(target) and "permissions" in str(target) else super().read(target)

    patient = Gone()
    del patient.arm[ACCOUNT.lower()]

    checks = examined(patient)

    assert found(checks, "Azure role for Logic Apps").state == "ok"
    assert found(checks, "Azure role for role assignments").state == "unknown"
    assert "does not exist" in found(checks, "Azure role for role assignments").said


def test_an_account_that_azure_has_suspended() -> None:
    patient = sound()
    patient.arm[ACCOUNT.lower()]["properties"] = {"state": "Suspended"}

    assert red(examined(patient)) == [("Automation account", "aa-identity", "fail")]


def test_an_account_without_identity() -> None:
    patient = sound()
    del patient.arm[ACCOUNT.lower()]["identity"]

    checks = examined(patient)

    assert found(checks, "identity").state == "fail"
    assert 'az rest --method patch --url "https://management.azure.com/subscriptions/' in found(checks, "identity").fix
    assert ("roles", "role assignment Reader for the Automation account's identity", "fail") in red(checks)


@pytest.mark.parametrize(
    ("held", "subject", "state"),
    [
        (["EntitlementManagement.Read.All"], "identity's permission User.Read.All", "fail"),
        (["User.Read.All"], "identity's permission EntitlementManagement.Read.All", "fail"),
        (
            ["EntitlementManagement.Read.All", "User.Read.All", "Directory.Read.All"],
            "identity's permission Directory.Read.All",
            "warn",
        ),
    ],
)
def test_the_permissions_of_the_runbook_are_just_the_two(held: list[str], subject: str, state: str) -> None:
    patient = sound()
    patient.held = held

    (entry,) = noticed(examined(patient))

    assert entry == ("Automation account", subject, state)


def test_a_bigger_permission_serves_and_is_a_warning() -> None:
    patient = sound()
    patient.held = ["EntitlementManagement.ReadWrite.All", "User.Read.All"]

    checks = examined(patient)

    small = found(checks, "identity's permission EntitlementManagement.Read.All")
    big = found(checks, "identity's permission EntitlementManagement.ReadWrite.All")
    assert (small.state, big.state) == ("warn", "warn")
    assert "held by the bigger EntitlementManagement.ReadWrite.All" in small.said
    url = f"https://graph.microsoft.com/v1.0/servicePrincipals/{ACCOUNT_PRINCIPAL}/appRoleAssignments/"
    assert big.fix == f'`az rest --method delete --url "{url}a-EntitlementManagement.ReadWrite.All"` takes it away.'


def test_permissions_that_cannot_be_read_are_unknown_with_what_is_needed() -> None:
    patient = sound()
    patient.silent["'app roles'"] = ServiceRefusal("No permission. Give Application.Read.All.", 403, "x")

    checks = examined(patient)

    check = found(checks, "Graph permissions of the identity")
    assert (check.state, check.fix) == ("unknown", "Give Application.Read.All.")
    assert [subject for _, subject, _ in red(checks)] == [check.subject]


def test_permissions_that_may_not_be_read_here_are_told_by_the_job_when_it_is_asked() -> None:
    denied, silent = sound(), sound()
    denied.silent["'app roles'"] = ServiceRefusal("No permission. Give Application.Read.All.", 403, "x")
    silent.silent["'app roles'"] = ProvisionError("Microsoft Graph did not answer. Try again.")

    told, untold = examine(facts(denied, worker=True)), examine(facts(silent, worker=True))

    check = found(told, "Graph permissions of the identity")
    assert noticed(told) == [("Automation account", check.subject, "warn")]
    assert "the job on the worker tells below" in check.said
    assert check.fix == "Give Application.Read.All."
    assert found(untold, check.subject).state == "unknown"


def test_a_tenant_that_does_not_show_graph_itself() -> None:
    patient = sound()
    patient.graph = []

    assert found(examined(patient), "Graph permissions of the identity").state == "unknown"


@pytest.mark.parametrize(
    ("seen", "state", "said"),
    [
        ("2026-01-01T11:50:00.0000000Z", "ok", "was seen 10 minutes ago, at 2026-01-01 11:50:00 UTC"),
        ("2026-01-01T11:59:59", "ok", "was seen within the last minute"),
        ("2026-01-01T12:00:09Z", "ok", "was seen within the last minute"),
        ("2026-01-01T11:49:59Z", "warn", "was seen 10 minutes ago"),
        ("2026-01-01T11:30:00Z", "warn", "was seen 30 minutes ago"),
        (
            "2026-01-01T11:29:59Z",
            "fail",
            "was seen 30 minutes ago, at 2026-01-01 11:29:59 UTC; Azure suspends its jobs",
        ),
        ("2025-12-31T12:00:00Z", "fail", "was seen 24 hours ago"),
        (None, "fail", "was never seen since it was registered"),
    ],
)
def test_a_worker_is_late_after_ten_minutes_and_silent_after_thirty(seen: str | None, state: str, said: str) -> None:
    patient = sound()
    patient.arm[f"{WORKERS}/hybridrunbookworkers/one"]["properties"] = {
        "lastSeenDateTime": seen,
        "workerName": "dc-side.corp.example",
    }

    checks = examined(patient)

    check = found(checks, "dc-side.corp.example")
    assert check.state == state
    assert said in check.said
    assert bool(check.fix) is (state != "ok")


def test_the_services_own_clock_decides_how_long_a_worker_was_silent() -> None:
    patient = sound()
    patient.skew = timedelta(hours=2)  # our clock is two hours ahead

    assert [subject for _, subject, _ in noticed(examined(patient))] == ["this machine"]


def test_no_group_and_no_worker() -> None:
    without_worker, without_group = sound(), sound()
    del without_worker.arm[f"{WORKERS}/hybridrunbookworkers/one"]
    del without_group.arm[WORKERS]

    assert found(examined(without_worker), "onprem-workers").said == "has no worker"
    check = found(examined(without_group), "onprem-workers")
    assert (check.state, check.said) == ("fail", "there is no such hybrid worker group")
    assert "Hybrid worker groups > Create" in check.fix


@pytest.mark.parametrize(
    ("seconds", "state", "said"),
    [
        (0, "ok", "is within 60 s"),
        (59, "ok", "is within 60 s"),
        (61, "warn", "is 61 s ahead of Resource Manager's clock"),
        (-90, "warn", "behind Resource Manager's clock"),
        (301, "fail", "ahead of"),
        (-4000, "fail", "is 4000 s behind"),
    ],
)
def test_a_clock_that_is_wrong(seconds: int, state: str, said: str) -> None:
    patient = sound()
    patient.skew = timedelta(seconds=seconds)

    check = found(examined(patient), "this machine")

    assert check.state == state
    assert said in check.said
    assert bool(check.fix) is (state != "ok")


def test_nothing_secret_of_the_token_is_kept() -> None:
    learnt: Facts = facts(sound())

    assert set(learnt.claims) == {"appid", "oid", "tid", "roles"}
