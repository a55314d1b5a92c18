"""What a destroy has left, and why."""

from __future__ import annotations

import json

from provision import teardown_report
from provision.kinds import workflow_task
from provision.plan import Plan, plan
from provision.release import Memberships
from provision.resource import LIFECYCLE, Address, GraphTarget, Resource
from provision.teardown_report import Left
from tests.fakes import ACCOUNT, ASSIGNMENTS, InMemoryAzure, guid
from tests.sample import carried_out, destroying, looked_at, provisioned

KEPT = Memberships("test")
NOTHING = destroying(InMemoryAzure())
FOREIGN_EXTENSION = Left("custom extension Mail of Finance", "not Lockstep's")
FOREIGN_STAGE = Left("stage settings of policy Analyst for members of Finance", "not Lockstep's: they call Mail")


def _left(azure: InMemoryAzure, catalogs: list[str] | None = None) -> tuple[Left, ...]:
    return teardown_report.left(looked_at(azure), NOTHING, destroying(azure), catalogs)


def _destroyed() -> tuple[InMemoryAzure, Plan]:
    azure = provisioned()
    plan = destroying(azure)
    carried_out(azure, plan)
    return azure, plan


def test_what_others_have_in_the_catalogs_is_told_thing_by_thing() -> None:
    azure, _ = _destroyed()

    assert _left(azure) == (FOREIGN_EXTENSION, FOREIGN_STAGE)
    assert _left(azure, [guid("c2")]) == ()


def test_what_is_still_listed_is_ours() -> None:
    ours = [one for one in _left(provisioned()) if one.ours]

    assert len(ours) == len(destroying(provisioned()).changes)
    assert {one.why for one in ours} == {teardown_report.LAGS}


def test_a_role_that_others_need_or_have_made_says_so() -> None:
    shared, made = provisioned(), provisioned()
    tags = {"managed-by": "lockstep", "lockstep-environment": "other"}
    shared.put_arm(f"{ACCOUNT}/runbooks/other", tags=tags, properties={"runbookType": "Python"})
    for azure in (shared, made):
        carried_out(azure, destroying(azure))
    for key in [key for key in made.arm if key.startswith(ASSIGNMENTS.lower())]:
        del made.arm[key]
    again = provisioned()
    reader = next(v for k, v in again.arm.items() if k.startswith(ASSIGNMENTS.lower()) and "acdd72a7" in str(v))
    made.put_arm(reader["id"], properties={**reader["properties"], "description": "by hand"})

    assert _left(shared)[0].why.startswith("environment other on the same account needs it too")
    assert _left(made)[0] == Left(
        "role assignment Reader for the Automation account's identity", "somebody else made this role assignment"
    )


def test_a_foreign_thing_under_our_name_is_kept() -> None:
    azure, _ = _destroyed()
    azure.put_arm(f"{ACCOUNT}/variables/lockstep-test-mapping", properties={"value": '"x"', "description": "theirs"})

    assert Left("variable lockstep-test-mapping", "not Lockstep's") in _left(azure)


def test_people_read_each_thing_with_its_reason() -> None:
    azure, made = _destroyed()
    rest = (Left("Logic App x", teardown_report.LAGS, ours=True), *_left(azure))

    lines = teardown_report.text(made, rest, KEPT, whole=True).splitlines()

    assert lines[0] == f"Environment test: {len(made.changes)} deleted, 1 left"
    assert lines[1] == f"  still there: Logic App x ({teardown_report.LAGS})"
    assert lines[2] == "  kept: custom extension Mail of Finance (not Lockstep's)"
    assert lines[4] == "  untouched: the runbook's jobs and their output (Automation keeps them for 30 days)"
    assert lines[-1] == KEPT.told
    assert "untouched" not in teardown_report.text(made, rest, KEPT, whole=False)


def test_scripts_get_the_same() -> None:
    azure, made = _destroyed()

    document = json.loads(teardown_report.machine(made, _left(azure), KEPT, whole=True))
    part = json.loads(teardown_report.machine(made, (), KEPT, whole=False))

    assert (document["version"], document["environment"], document["left"]) == (1, "test", [])
    assert len(document["deleted"]) == len(made.changes)
    assert document["kept"][0] == {"what": "custom extension Mail of Finance", "why": "not Lockstep's"}
    assert len(document["untouched"]) == len(teardown_report.UNTOUCHED)
    assert document["memberships"]["choice"] == "keep"
    assert part["untouched"] == []


def test_earlier_versions_of_a_workflow_stay() -> None:
    task = Resource(Address(workflow_task.KIND, "Onboard", LIFECYCLE, "w"), GraphTarget("workflow", ("w",)), {})
    done = plan("test", (), (task,), gone="destroy")

    told = teardown_report.left(looked_at(InMemoryAzure()), done, NOTHING, None)
    part = teardown_report.left(looked_at(InMemoryAzure()), done, NOTHING, [])

    assert told[-1] == Left("earlier versions of the workflows that had our task", teardown_report.HISTORY)
    assert part == ()
