from __future__ import annotations

import uuid
from typing import Any

import pytest

from provision.errors import ServiceRefusal
from provision.job_output import decoded
from provision.kinds import job_schedule
from runbook.envelope import read_envelope
from tests.fakes import ACCOUNT, InMemoryAzure
from tests.sample import carried_out, destroying, environment, planned, provisioned

NAME = "lockstep-test-sweep"
NIGHTLY: dict[str, Any] = {"sweep": {"schedule": "02:30", "time_zone": "Europe/Berlin", "time_limit": "PT90M"}}
APPLYING: dict[str, Any] = {"sweep": {**NIGHTLY["sweep"], "apply": True, "adds_over_budget": True}}


def ties(azure: InMemoryAzure) -> dict[str, dict[str, Any]]:
    return {key: found for key, found in azure.arm.items() if "/jobschedules/" in key}


def tie(azure: InMemoryAzure) -> dict[str, Any]:
    (found,) = ties(azure).values()
    properties: dict[str, Any] = found["properties"]
    return properties


def test_it_ties_runbook_schedule_and_worker_group_under_a_guid() -> None:
    azure = provisioned(**NIGHTLY)

    (key,) = ties(azure)
    assert uuid.UUID(key.rsplit("/", 1)[1]).version == 5
    found = tie(azure)
    assert (found["schedule"], found["runOn"]) == ({"name": NAME}, "onprem-workers")
    assert found["runbook"] == {"name": environment().automation.runbook}
    assert list(found["parameters"]) == ["envelope"]
    assert planned(azure, **NIGHTLY).changes == ()


def test_the_runbook_reads_the_envelope_as_a_sweep_on_a_schedule() -> None:
    parameter = decoded(tie(provisioned(**APPLYING))["parameters"]["envelope"])

    assert parameter is not None
    envelope = read_envelope(parameter)
    assert (envelope.source, envelope.minutes, envelope.deadline, envelope.job) == ("sweep", 90, None, "")
    assert (envelope.apply, envelope.adds_over_budget, envelope.checksum) == (True, True, "")
    assert envelope.settings == "lockstep-test-settings"
    assert envelope.automation_account == ACCOUNT


def test_another_envelope_takes_the_place_of_the_old_one() -> None:
    azure = provisioned(**NIGHTLY)
    (before,) = ties(azure)

    plan = planned(azure, **APPLYING)
    changes = [change for change in plan.changes if change.resource.address.kind == job_schedule.KIND]
    assert [d.path for d in changes[0].differences] == [
        "parameters.envelope.adds_over_budget",
        "parameters.envelope.apply",
    ]
    carried_out(azure, plan)

    assert before not in azure.arm
    assert len(ties(azure)) == 1
    assert planned(azure, **APPLYING).changes == ()


def test_a_tie_that_lost_its_schedule_is_made_again_with_it() -> None:
    azure = provisioned(**NIGHTLY)
    azure.arm = {key: value for key, value in azure.arm.items() if "schedules/" not in key}

    plan = planned(azure, **NIGHTLY)
    assert [str(change) for change in plan.changes] == [f"create schedule {NAME}", f"create job schedule {NAME}"]


@pytest.mark.parametrize("left_out", [("parameters",), ("runOn",), ("parameters", "runOn")])
def test_what_the_service_does_not_tell_is_as_the_guid_says(left_out: tuple[str, ...]) -> None:
    azure = provisioned(**NIGHTLY)
    for member in left_out:
        del tie(azure)[member]

    assert planned(azure, **NIGHTLY).changes == ()
    assert [str(c) for c in planned(azure, **APPLYING).changes if "job" in str(c)] == [f"update job schedule {NAME}"]


def test_another_guid_with_the_same_content_is_no_difference() -> None:
    azure = provisioned(**NIGHTLY)
    (key,) = ties(azure)
    found = azure.arm.pop(key)
    azure.put_arm(f"{ACCOUNT}/jobSchedules/{uuid.uuid5(uuid.NAMESPACE_URL, 'x')}", properties=found["properties"])

    assert planned(azure, **NIGHTLY).changes == ()


@pytest.mark.parametrize(
    ("there", "path"),
    [({"runOn": "somewhere-else"}, "runOn"), ({"parameters": {"Envelope": "b64.e30="}}, "parameters.envelope")],
)
def test_what_somebody_tied_otherwise_is_tied_anew(there: dict[str, Any], path: str) -> None:
    azure = provisioned(**NIGHTLY)
    tie(azure).update(there)

    plan = planned(azure, **NIGHTLY)
    assert plan.changes[0].differences[0].path.startswith(path)
    carried_out(azure, plan)

    assert planned(azure, **NIGHTLY).changes == ()


def test_names_in_another_case_are_the_same() -> None:
    azure = provisioned(**NIGHTLY)
    found = tie(azure)
    found["runOn"], found["runbook"] = found["runOn"].upper(), {"name": found["runbook"]["name"].upper()}
    found["schedule"] = {"name": NAME.upper()}

    assert planned(azure, **NIGHTLY).changes == ()


def test_a_runbook_of_another_name_is_tied_and_the_old_tie_goes() -> None:
    azure = provisioned(**NIGHTLY)
    renamed = {**NIGHTLY, "automation": {"account": "aa-identity", "hybrid_worker_group": "onprem-workers"}}
    renamed["automation"]["runbook"] = "other-name"

    carried_out(azure, planned(azure, **renamed))

    assert tie(azure)["runbook"] == {"name": "other-name"}
    assert planned(azure, **renamed).changes == ()


def test_somebody_elses_runbook_on_our_schedule_is_left_alone() -> None:
    azure = provisioned(**NIGHTLY)
    theirs = {"schedule": {"name": NAME}, "runbook": {"name": "Backup"}}
    azure.put_arm(f"{ACCOUNT}/jobSchedules/{uuid.uuid5(uuid.NAMESPACE_URL, 'theirs')}", properties=theirs)

    assert planned(azure, **NIGHTLY).changes == ()


def test_our_runbook_on_somebody_elses_schedule_is_left_alone() -> None:
    azure = provisioned(**NIGHTLY)
    theirs = {**tie(azure), "schedule": {"name": "hourly"}}
    azure.put_arm(f"{ACCOUNT}/jobSchedules/{uuid.uuid5(uuid.NAMESPACE_URL, 'theirs')}", properties=theirs)

    assert planned(azure, **NIGHTLY).changes == ()
    assert len([c for c in destroying(azure, **NIGHTLY).changes if c.resource.address.kind == job_schedule.KIND]) == 1


def test_a_second_tie_to_a_former_runbook_is_one_too_many() -> None:
    azure = provisioned(**NIGHTLY)
    tags = {"managed-by": "lockstep", "lockstep-environment": "test"}
    azure.put_arm(f"{ACCOUNT}/runbooks/former", tags=tags, properties={"runbookType": "Python3"}, location="westeurope")
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, "former"))
    former = {"schedule": {"name": NAME}, "runbook": {"name": "former"}}
    azure.put_arm(f"{ACCOUNT}/jobSchedules/{identifier}", properties=former)

    plan = planned(azure, **NIGHTLY)
    (change,) = [change for change in plan.changes if change.resource.address.kind == job_schedule.KIND]
    assert (change.action, change.resource.address.key) == ("delete", identifier)


def test_one_that_was_made_meanwhile_is_not_made_again() -> None:
    azure = InMemoryAzure()
    plan = planned(azure, **NIGHTLY)
    (change,) = [change for change in plan.changes if change.resource.address.kind == job_schedule.KIND]

    assert job_schedule.request(change, {"id": "there"}) is None


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (409, "A jobSchedule with same id already exists.", "done"),
        (409, "Job with specified id already exists. Job id: x", "done"),
        (409, "A job schedule for the specified runbook and schedule already exists.", "wait"),
        (404, "The schedule was not found.", "wait"),
        (400, "Bad request.", "failed"),
        (403, "No permission.", "failed"),
    ],
)
def test_what_a_refusal_means(status: int, said: str, verdict: str) -> None:
    assert job_schedule.verdict(ServiceRefusal(said, status, "Code")) == verdict
