from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.automation.runbook_store import Runbook
from provision.sandbox.service import Refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

ONE = "dddddddd-dddd-4ddd-8ddd-ddddddddddd1"
TWO = "dddddddd-dddd-4ddd-8ddd-ddddddddddd2"


def path(azure: Azure, name: str = "nightly") -> str:
    return f"{azure.account}/schedules/{name}?api-version=2024-10-23".replace("/?", "?")


def tie_path(azure: Azure, name: str = ONE) -> str:
    return f"{azure.account}/jobSchedules/{name}?api-version=2024-10-23".replace("/?", "?")


def later(azure: Azure, minutes: float = 60) -> str:
    return (azure.cloud.account.clock.now() + timedelta(minutes=minutes)).isoformat()


def body(azure: Azure, name: str = "nightly", **changes: Any) -> dict[str, Any]:
    given = {"startTime": later(azure), "frequency": "Day", "interval": 1, "timeZone": "Europe/Berlin"}
    properties = {key: value for key, value in {**given, **changes}.items() if value is not None}
    return {"name": name, "properties": properties}


def tie(**changes: Any) -> dict[str, Any]:
    properties = {
        "schedule": {"name": "nightly"},
        "runbook": {"name": "lockstep"},
        "runOn": seed.WORKER_GROUP,
        "parameters": {"envelope": "b64.e30="},
    }
    return {"properties": {**properties, **changes}}


@pytest.fixture
def scheduled(azure: Azure) -> Azure:
    now = azure.cloud.account.clock.now()
    azure.cloud.runbooks.add(Runbook("lockstep", "Python", "", "westeurope", now, now, published="print('hello')"))
    azure.cloud.runbooks.add(Runbook("unpublished", "Python", "", "westeurope", now, now))
    assert azure.send("PUT", path(azure), body(azure)).status == 201
    return azure


def test_a_schedule_comes_back_in_its_zone_switched_on_with_its_next_run_and_no_end(scheduled: Azure) -> None:
    found = scheduled.send("GET", path(scheduled)).body
    properties = found["properties"]
    assert (found["name"], properties["timeZone"], properties["isEnabled"]) == ("nightly", "Europe/Berlin", True)
    assert properties["startTime"][-6:] in {"+01:00", "+02:00"}
    assert properties["startTimeOffsetMinutes"] in {60.0, 120.0}
    assert properties["nextRun"] == properties["startTime"]
    assert properties["expiryTime"].startswith("9999-12-31T23:59:59")
    assert [row["name"] for row in scheduled.send("GET", path(scheduled, "")).body["value"]] == ["nightly"]


def test_a_put_changes_what_is_there_but_does_not_switch_it_on(scheduled: Azure) -> None:
    off = {"name": "nightly", "properties": {"isEnabled": False, "description": "mine"}}
    answer = scheduled.send("PATCH", path(scheduled), off)
    assert (answer.status, answer.body["properties"]["nextRun"]) == (200, None)
    answer = scheduled.send("PUT", path(scheduled), body(scheduled, startTime=later(scheduled, 90)))
    properties = answer.body["properties"]
    assert (answer.status, properties["isEnabled"], properties["description"]) == (200, False, None)
    scheduled.send("PATCH", path(scheduled), {"properties": {"isEnabled": True}})
    properties = scheduled.send("GET", path(scheduled)).body["properties"]
    assert properties["nextRun"] == properties["startTime"]


def test_a_zone_may_come_back_under_another_name(scheduled: Azure) -> None:
    scheduled.cloud.schedule_service.spelled["Europe/Berlin"] = "W. Europe Standard Time"
    found = scheduled.send("GET", path(scheduled)).body["properties"]
    assert found["timeZone"] == "W. Europe Standard Time"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"startTime": 4}, "at least 5 minutes"),
        ({"startTime": "soon"}, "not a time in ISO 8601"),
        ({"startTime": None}, "not a time in ISO 8601"),
        ({"frequency": "Fortnight"}, "knows the frequencies"),
        ({"frequency": None}, "knows the frequencies"),
        ({"advancedSchedule": {"weekDays": ["Monday"]}}, "no advanced schedules"),
        ({"interval": 0}, "from 1 to 100"),
        ({"interval": "1"}, "from 1 to 100"),
        ({"interval": None}, "from 1 to 100"),
        ({"frequency": "OneTime"}, "has no interval"),
        ({"timeZone": "Mars/Olympus"}, "time zone 'Mars/Olympus' is not valid"),
        ({"expiryTime": 10}, "after its start time"),
        ({"isEnabled": True}, "has no property 'isEnabled'"),
    ],
)
def test_a_bad_schedule_is_refused(azure: Azure, changes: dict[str, Any], said: str) -> None:
    minutes = {
        key: later(azure, value) if type(value) is int and "Time" in key else value for key, value in changes.items()
    }
    answer = azure.send("PUT", path(azure), body(azure, **minutes))
    assert (answer.status, answer.body["code"]) == (400, "BadRequest")
    assert said in answer.body["message"]
    assert azure.cloud.schedules.all() == []


def test_names_are_checked(azure: Azure) -> None:
    assert azure.send("PUT", path(azure, "a:b"), body(azure, "a:b")).status == 400
    assert "is required" in azure.send("PUT", path(azure), {"properties": body(azure)["properties"]}).body["message"]


def test_a_patch_changes_nothing_but_description_and_switch(scheduled: Azure) -> None:
    answer = scheduled.send("PATCH", path(scheduled), {"properties": {"startTime": later(scheduled)}})
    assert (answer.status, answer.body["message"]) == (400, "An update of a schedule has no property 'startTime'.")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_schedule_is_404(azure: Azure, method: str) -> None:
    answer = azure.send(method, path(azure), {"properties": {}} if method == "PATCH" else None)
    assert (answer.status, answer.body["code"]) == (404, "NotFound")


def test_a_job_schedule_is_made_told_whole_and_listed_without_parameters(scheduled: Azure) -> None:
    made = scheduled.send("PUT", tie_path(scheduled), tie())
    assert (made.status, made.body["properties"]["parameters"]) == (201, {"envelope": "b64.e30="})
    assert scheduled.send("GET", tie_path(scheduled, ONE.upper())).body == made.body
    (listed,) = scheduled.send("GET", tie_path(scheduled, "")).body["value"]
    assert listed["properties"] == {
        "jobScheduleId": ONE,
        "schedule": {"name": "nightly"},
        "runbook": {"name": "lockstep"},
    }
    assert scheduled.send("DELETE", tie_path(scheduled)).status == 200
    assert scheduled.send("GET", tie_path(scheduled)).status == 404
    assert scheduled.send("DELETE", tie_path(scheduled)).status == 404


@pytest.mark.parametrize(("wanted", "count"), [("nightly", 1), ("NIGHTLY", 1), ("weekly", 0)])
def test_the_list_is_filtered_by_schedule_and_runbook(scheduled: Azure, wanted: str, count: int) -> None:
    scheduled.send("PUT", tie_path(scheduled), tie())
    text = f"properties/schedule/name eq '{wanted}' and properties/runbook/name eq 'lockstep'"
    assert len(scheduled.send("GET", f"{tie_path(scheduled, '')}&$filter={text}").body["value"]) == count
    assert scheduled.send("GET", f"{tie_path(scheduled, '')}&$filter=runOn eq 'x'").status == 400


def test_one_id_and_one_pair_are_tied_once(scheduled: Azure) -> None:
    scheduled.send("PUT", tie_path(scheduled), tie())
    same = scheduled.send("PUT", tie_path(scheduled), tie())
    pair = scheduled.send("PUT", tie_path(scheduled, TWO), tie(parameters={}))
    assert (same.status, same.body["message"]) == (409, "A jobSchedule with same id already exists.")
    assert (pair.status, pair.body["message"]) == (
        409,
        "A job schedule for the specified runbook and schedule already exists.",
    )


@pytest.mark.parametrize(
    ("name", "changes", "status", "said"),
    [
        ("no-guid", {}, 400, "must be a GUID"),
        (ONE, {"schedule": {"name": "none"}}, 404, "schedule was not found"),
        (ONE, {"schedule": None}, 404, "schedule was not found"),
        (ONE, {"runbook": {"name": "none"}}, 404, "Runbook was not found"),
        (ONE, {"runbook": {"name": "unpublished"}}, 400, "has not been published"),
        (ONE, {"runOn": "none"}, 400, "Worker Group 'none' was not found"),
        (ONE, {"parameters": {"minutes": 5}}, 400, "names to strings"),
    ],
)
def test_a_bad_job_schedule_is_refused(
    scheduled: Azure, name: str, changes: dict[str, Any], status: int, said: str
) -> None:
    answer = scheduled.send("PUT", tie_path(scheduled, name), tie(**changes))
    assert answer.status == status
    assert said in answer.body["message"]
    assert scheduled.cloud.schedules.ties() == []


def test_a_new_version_of_the_runbook_keeps_the_tie_and_deleting_either_side_ends_it(scheduled: Azure) -> None:
    scheduled.send("PUT", tie_path(scheduled), tie())
    runbook = f"{scheduled.account}/runbooks/lockstep?api-version=2024-10-23"
    scheduled.send("PATCH", runbook, {"tags": {"a": "b"}})
    found = scheduled.cloud.runbooks.find("lockstep")
    assert found
    found.published = "print('new')"
    assert scheduled.send("GET", tie_path(scheduled)).status == 200
    scheduled.send("DELETE", path(scheduled))
    assert scheduled.send("GET", tie_path(scheduled)).status == 404


def test_a_reader_may_look_and_nothing_else(scheduled: Azure) -> None:
    reader = scheduled.operator("acdd72a7-3385-48ef-bd42-f606fba81ae7", scheduled.account)
    assert scheduled.send("GET", path(scheduled), principal=reader).status == 200
    for method, place, given in (
        ("PUT", path(scheduled), body(scheduled)),
        ("DELETE", path(scheduled), None),
        ("PUT", tie_path(scheduled), tie()),
        ("DELETE", tie_path(scheduled), None),
    ):
        assert scheduled.send(method, place, given, principal=reader).status == 403


def test_when_its_time_comes_a_job_of_its_own_starts_with_the_parameters(scheduled: Azure) -> None:
    scheduled.send("PUT", tie_path(scheduled), tie())
    assert scheduled.cloud.scheduler.start_due() == []
    found = scheduled.cloud.schedules.find("nightly")
    assert found
    found.following = scheduled.cloud.account.clock.now()
    (job,) = scheduled.cloud.scheduler.start_due()
    assert scheduled.cloud.scheduler.start_due() == []
    assert (job.runbook, job.run_on, dict(job.parameters)) == ("lockstep", seed.WORKER_GROUP, {"envelope": "b64.e30="})
    assert scheduled.cloud.jobs.waiting(seed.WORKER_GROUP) == [job]
    answer = scheduled.send("GET", f"{scheduled.account}/jobs/{job.name}?api-version=2023-11-01")
    assert answer.body["properties"]["parameters"] == {"envelope": "b64.e30="}


def test_somebody_can_ask_for_it_now_and_the_next_time_stays(scheduled: Azure) -> None:
    scheduled.send("PUT", tie_path(scheduled), tie())
    before = scheduled.send("GET", path(scheduled)).body["properties"]["nextRun"]
    assert len({job.name for _ in range(2) for job in scheduled.cloud.scheduler.fire("Nightly")}) == 2
    assert scheduled.send("GET", path(scheduled)).body["properties"]["nextRun"] == before


def test_what_starts_nothing_is_refused_with_the_reason(scheduled: Azure) -> None:
    with pytest.raises(Refusal, match="there is nightly"):
        scheduled.cloud.scheduler.fire("weekly")
    with pytest.raises(Refusal, match="No job schedule ties a runbook"):
        scheduled.cloud.scheduler.fire("nightly")
    scheduled.send("PATCH", path(scheduled), {"properties": {"isEnabled": False}})
    with pytest.raises(Refusal, match="switched off"):
        scheduled.cloud.scheduler.fire("nightly")
