"""Whatever keeps the runbook from being sure: nobody loses a group, the job fails, and one sentence says why.

Ada has two access packages. One thing is wrong, then she loses one of them: she must keep all her groups.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import time
import uuid
from collections.abc import Iterator

import pytest

from provision.sandbox import seed
from provision.sandbox.telling import outcome
from tests.end_to_end.portal import send
from tests.end_to_end.scene import Scene, played
from tests.end_to_end.trouble import (
    ADA,
    ANALYST,
    LIST,
    MANAGER,
    CutSandbox,
    Trouble,
    ada_in_entra,
    applied,
    cut,
    environment,
    fault,
    foreign_vault,
    mapped,
    on_the_worker,
    other_authority,
    other_mapping,
    other_password,
    permitted,
    unreadable_variables,
    vault,
)

GROUPS = ["Finance_Readers", "Finance_Reports", "Finance_Writers"]
ASSIGNMENT = "accessPackageAssignment"
WAITED = 30.0
WAIT = "launch_and_wait_minutes: 60\n  on_failure: resume"
"""Long enough for every repeated try, and an answer at once when it fails."""


TROUBLES = (
    Trouble("no AD account", ada_in_entra(None), ("has no AD account", "synchronise the person from AD"), "refused"),
    Trouble(
        "an AD account that is gone",
        ada_in_entra(f"{seed.DOMAIN_SID}-99999"),
        (f"AD has no account with SID {seed.DOMAIN_SID}-99999 in {seed.BASE}",),
        "refused",
    ),
    Trouble(
        "a group that does not exist",
        mapped("Finance_Readers", "Finance_Reports", "No_Such_Group"),
        ("group 'No_Such_Group' does not exist in AD; correct the mapping or create the group",),
        "refused",
    ),
    Trouble(
        "a group that exists twice",
        lambda scene: scene.add_group("Another", "Finance_Reports"),
        ("group 'Finance_Reports' fits 2 groups in AD; name it by its SID or GUID in the mapping",),
        "refused",
    ),
    Trouble(
        "a privileged group",
        mapped("Finance_Readers", "Finance_Reports", "Payroll_Admins"),
        ("group Payroll_Admins is ", "take it out of the mapping"),
        "refused",
    ),
    Trouble(
        "a built-in group",
        mapped("Finance_Readers", "Finance_Reports", "Domain Admins"),
        ("group Domain Admins is a built-in group; take it out of the mapping",),
        "refused",
    ),
    Trouble(
        "a group of the own list",
        environment("- Payroll_Admins", '- "cn=Finance\\\\5FWriters, OU=Groups,DC=LAB,DC=example"'),
        ("group Finance_Writers is in the list protected_groups; take it out of the mapping",),
        "refused",
    ),
    Trouble(
        "a privileged person",
        lambda scene: scene.make_privileged(ADA.account),
        ("is privileged (adminCount=1; clear it in AD if the person no longer is)",),
        "refused",
    ),
    Trouble(
        "no right on a group",
        mapped("Finance_Readers", "Finance_Reports", "Locked_Group"),
        ("adding the person to Locked_Group failed: svc-lockstep@lab.example has no right to change its members",),
    ),
    Trouble(
        "an unknown authority",
        other_authority,
        ("its certificate is not trusted; name its authority in directory.ca_file",),
    ),
    Trouble(
        "another name in the certificate",
        environment("    - url: ldaps", "    - certificate_name: dc9.corp.example\n      url: ldaps"),
        ("its certificate bears another name; write that name as certificate_name of the server",),
    ),
    Trouble(
        "no domain controller",
        environment("ldaps://localhost:", "ldaps://localhost.invalid:"),
        ("no domain controller could be used: ldaps://localhost.invalid:", "check the address and the firewall"),
    ),
    Trouble("a wrong password", other_password, ("AD refused the bind account at ldaps://localhost:",)),
    Trouble(
        "a vault that refuses",
        foreign_vault,
        ("the service answered 403 Forbidden", "the role Key Vault Secrets User"),
    ),
    Trouble(
        "no secret in the vault",
        environment("/secrets/ad-bind", "/secrets/ad-bond"),
        ("/secrets/ad-bond: the service answered 404 SecretNotFound", "create the secret, or correct its name"),
    ),
    Trouble(
        "no right to read assignments",
        permitted("User.Read.All"),
        ("Graph: assignments: Graph answered 403", "application permission EntitlementManagement.Read.All"),
    ),
    Trouble(
        "no right to read people",
        permitted("EntitlementManagement.Read.All"),
        (f"Graph: user {ADA.object_id}: Graph answered 403", "application permission User.Read.All"),
    ),
    Trouble(
        "no right to read variables",
        unreadable_variables,
        ("Automation variable lockstep-sandbox-settings: Resource Manager answered 403", "the role Reader on the"),
    ),
    Trouble(
        "another mapping than was applied",
        other_mapping('{"AccessPackages": []}'),
        ("lockstep-sandbox-mapping: it is not the mapping that was applied (sha256); run 'lockstep apply'",),
    ),
    Trouble(
        "no mapping on the worker", on_the_worker(None), ("the worker cannot read it (No such file", "put the file")
    ),
    Trouble("an empty mapping on the worker", on_the_worker(b""), ("on-the-worker.json:1:1: the mapping is empty",)),
    Trouble("half a mapping on the worker", on_the_worker(b'{"AccessPackages": ['), (":1:21: not JSON",)),
    Trouble("a mapping in another encoding", on_the_worker(b"\xff\xfe{"), ("not UTF-8 at byte 0; save it as UTF-8",)),
    Trouble(
        "half a page",
        cut(lambda page: json.dumps(page)[: len(json.dumps(page)) // 2].encode()),
        ("Graph: assignments: the answer is not JSON", "therefore not removed from Finance_Writers"),
    ),
    Trouble("a page without its list", cut(lambda page: {"@odata.context": page["@odata.context"]}), ("value",)),
    Trouble(
        "a way to another host",
        cut(lambda page: {**page, "@odata.nextLink": "https://graph.example/v1.0/next"}),
        ("leads to another host; it was not followed",),
    ),
    Trouble(
        "a page that is gone",
        fault(path=f"{LIST}.*skiptoken", status=404),
        ("Graph: assignments: Graph answered 404", "therefore not removed from Finance_Writers"),
    ),
)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    for scene in played(tmp_path_factory.mktemp("refusals"), CutSandbox):
        scene.begin()
        scene.change("launch_and_wait_minutes: 15", WAIT)
        applied(scene)
        for package in (ANALYST, MANAGER):
            assert scene.chain.grant(ADA.account, package.name)["status"] == "Delivered"
        yield dataclasses.replace(scene, environment=scene.file.read_text(encoding="utf-8"))


@pytest.fixture
def scene(started: Scene) -> Iterator[Scene]:
    """Ada with both packages and her groups; afterwards all is as it was."""
    world = started.sandbox.world
    world.entitlement.settings.page_size = 1
    access, principals, variables = world.cloud.access, world.principals, world.cloud.variables._variables
    held, identity, kept = access.all(), principals.get(seed.AUTOMATION_OBJECT_ID), dict(variables)
    reader, secrets = vault(started)._reader, dict(vault(started)._secrets)
    sid = started.sandbox.directory.sid_of(ADA.account)
    started.join(ADA.account, *GROUPS)
    yield started
    assert identity is not None
    CutSandbox.cut = None
    started.sandbox.faults.replace([])
    started.sandbox.directory.reset()
    principals.add(identity.display_name, identity.kind, identity.app_roles, identity.object_id, identity.app_id)
    for found in held:
        access.put(found)
    variables.clear()
    variables.update(kept)
    vault(started)._reader, vault(started)._secrets = reader, secrets
    ada_in_entra(sid)(started)
    for row in world.entitlement.tenant.rows(ASSIGNMENT, hidden=True):
        world.entitlement.tenant.update(row, {"state": "delivered", "expiredDateTime": None}, hidden=False)
    started.file.write_text(started.environment, encoding="utf-8")
    started.mapping_file.write_text(started.mapping, encoding="utf-8")


def test_with_nothing_wrong_the_group_goes(scene: Scene) -> None:
    removed = scene.chain.remove(ADA.account, MANAGER.name)

    assert removed["groups"]["after"] == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert removed["callouts"][-1]["job"]["status"] == "Completed"


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_in_doubt_nothing_is_taken_away(scene: Scene, trouble: Trouble) -> None:
    trouble.disturb(scene)

    removed = scene.chain.remove(ADA.account, MANAGER.name)

    callout = removed["callouts"][-1]
    assert removed["groups"]["after"] == removed["groups"]["before"] == [*GROUPS, "Staff_All"]
    assert (callout["run"]["status"], callout["job"]["status"]) == ("Failed", "Failed"), callout
    told = callout["outcome"]
    assert [words for words in trouble.says if words not in told["detail"]] == [], told
    assert (told["outcome"], told["removed"], told["added"]) == (trouble.outcome, [], [])
    assert callout["detail"] == f"Not done: {told['detail']}"[:400]


def test_a_job_reads_no_settings_of_another_account_than_its_own(scene: Scene) -> None:
    cloud = scene.sandbox.world.cloud
    last = cloud.jobs.all()[0].parameters["envelope"].removeprefix("b64.")
    elsewhere = cloud.account.resource_id.replace(seed.AUTOMATION_ACCOUNT, "aa-elsewhere")
    envelope = {**json.loads(base64.b64decode(last)), "job": str(uuid.uuid4()), "automation_account": elsewhere}
    encoded = f"b64.{base64.b64encode(json.dumps(envelope).encode()).decode()}"
    body = {"runbook": {"name": "lockstep"}, "runOn": seed.WORKER_GROUP, "parameters": {"envelope": encoded}}
    path = f"{cloud.account.resource_id}/jobs/{envelope['job']}?api-version=2023-11-01"
    send(scene.sandbox, "PUT", path, {"properties": body})

    deadline = time.monotonic() + WAITED
    while (state := send(scene.sandbox, "GET", path)["properties"]["status"]) not in {"Completed", "Failed"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    told = outcome(cloud.jobs.find(envelope["job"]))
    assert told is not None
    assert (state, told["outcome"]) == ("Failed", "refused")
    assert f"the envelope names {elsewhere}, but this job runs in {cloud.account.resource_id.lower()}" in told["detail"]
