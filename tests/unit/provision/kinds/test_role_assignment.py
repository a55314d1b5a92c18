from __future__ import annotations

import uuid

import pytest

from provision.errors import ServiceRefusal
from provision.kinds import role_assignment
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL, ASSIGNMENTS, WORKFLOWS, InMemoryAzure
from tests.sample import LIFECYCLE, carried_out, destroying, planned, provisioned

SUBSCRIPTION = "/subscriptions/22222222-2222-4222-8222-222222222222"
OPERATOR = "d3881f73-407a-4167-8283-e981cbba0404"
JOB_OPERATOR = {"account": "aa-identity", "hybrid_worker_group": "onprem-workers", "role": "job_operator"}


def test_the_accounts_identity_becomes_reader_and_each_logic_app_operator_of_the_account_only() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    made = [request for request in azure.writes if "roleAssignments" in str(request.target)]
    principals = [
        azure.arm[f"{WORKFLOWS}/lockstep-test-{name}".lower()]["identity"]["principalId"]
        for name in ("finance", "engineering")
    ]
    assert [request.body["properties"] for request in made] == [
        {
            "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "description": f"lockstep:test {purpose}",
        }
        for role, principal, purpose in [
            (role_assignment.READER, ACCOUNT_PRINCIPAL, "lets the runbook read its variables"),
            *[(OPERATOR, principal, "lets the Logic App start jobs") for principal in principals],
        ]
    ]
    scopes = {str(request.target).split("/providers/Microsoft.Authorization")[0].split("'")[1] for request in made}
    assert scopes == {ACCOUNT}


def test_the_name_is_a_guid_that_the_same_apply_makes_again() -> None:
    names = []
    for _ in range(2):
        azure = InMemoryAzure()
        carried_out(azure, planned(azure))
        names.append([key.rsplit("/", 1)[1] for key in azure.arm if key.startswith(ASSIGNMENTS.lower())])

    assert names[0] == names[1]
    assert all(uuid.UUID(name) for name in names[0])


def test_another_role_is_given_before_the_old_one_is_taken() -> None:
    azure = provisioned()

    plan = planned(azure, automation=JOB_OPERATOR)
    carried_out(azure, plan)

    assert [str(change) for change in plan.changes] == [
        "create role assignment Automation Job Operator for lockstep-test-finance",
        "create role assignment Automation Job Operator for lockstep-test-engineering",
        "delete role assignment Automation Operator for lockstep-test-engineering",
        "delete role assignment Automation Operator for lockstep-test-finance",
    ]
    assert planned(azure, automation=JOB_OPERATOR).changes == ()


@pytest.mark.parametrize(
    "properties",
    [
        {"scope": "/subscriptions/22222222-2222-4222-8222-222222222222"},
        {"roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"},
        {"principalId": "00000000-0000-4000-8000-000000000000", "description": "somebody's"},
    ],
    ids=["inherited", "another role", "another principal"],
)
def test_assignments_that_are_not_what_we_make_are_not_seen(properties: dict[str, str]) -> None:
    azure = provisioned()
    key = next(key for key in azure.arm if key.startswith(ASSIGNMENTS.lower()))
    name = str(uuid.uuid4())
    body = azure.arm[key]["properties"]
    azure.put_arm(f"{ASSIGNMENTS}/{name}", properties={**body, **properties})

    assert planned(azure).changes == ()
    assert name not in str(destroying(azure).changes)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("PrincipalNotFound", "wait"), ("RoleAssignmentExists", "done"), ("AuthorizationFailed", "failed")],
)
def test_a_refusal_is_waited_out_or_done_or_final(code: str, verdict: str) -> None:
    assert role_assignment.verdict(ServiceRefusal("x", 400, code)) == verdict


def test_the_case_of_an_object_id_is_no_difference() -> None:
    azure = provisioned()
    for key, answer in azure.arm.items():
        if key.startswith(ASSIGNMENTS.lower()):
            answer["properties"]["principalId"] = answer["properties"]["principalId"].upper()

    assert planned(azure).changes == ()


def test_the_logic_app_of_lifecycle_workflows_may_start_jobs_too() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **LIFECYCLE))

    app = next(value for key, value in azure.arm.items() if key.endswith("/lockstep-test-lifecycle"))
    given = [row["properties"] for key, row in azure.arm.items() if "roleassignments" in key]
    (mine,) = [row for row in given if row["principalId"] == app["identity"]["principalId"]]
    assert mine["roleDefinitionId"].endswith("d3881f73-407a-4167-8283-e981cbba0404")
    assert planned(azure, **LIFECYCLE).changes == ()
