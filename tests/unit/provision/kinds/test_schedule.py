from __future__ import annotations

from typing import Any

import pytest

from provision.apply import Stopped
from provision.change import Change
from provision.errors import ProvisionError
from provision.kinds import schedule
from provision.resource import Upcoming
from tests.fakes import ACCOUNT, InMemoryAzure
from tests.sample import carried_out, destroying, planned, provisioned

NAME = "lockstep-test-sweep"
SCHEDULE = f"{ACCOUNT}/schedules/{NAME}".lower()
NIGHTLY: dict[str, Any] = {"sweep": {"schedule": "02:30", "time_zone": "Europe/Berlin"}}


def schedule_of(azure: InMemoryAzure) -> dict[str, Any]:
    properties: dict[str, Any] = azure.arm[SCHEDULE]["properties"]
    return properties


def test_without_a_time_there_is_no_schedule() -> None:
    azure = provisioned(sweep={"apply": True})

    assert not [key for key in azure.arm if "schedules/" in key]


def test_it_is_put_with_the_next_start_in_its_zone_and_nothing_is_left_to_do() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **NIGHTLY))

    (put,) = [request for request in azure.writes if "/schedules/" in str(request.target)]
    assert put.body == {
        "name": NAME,
        "properties": {
            "description": "lockstep:test starts the nightly sweep",
            "timeZone": "Europe/Berlin",
            "frequency": "Day",
            "interval": 1,
            "startTime": Upcoming("02:30", "Europe/Berlin"),
        },
    }
    assert schedule_of(azure)["startTime"] == "2026-01-02T02:30:00+01:00"
    assert planned(azure, **NIGHTLY).changes == ()


@pytest.mark.parametrize(
    "told",
    [
        {"startTime": "2026-01-02T01:30:00Z", "startTimeOffsetMinutes": 0.0},
        {"startTime": "2025-07-02T02:30:00+02:00", "startTimeOffsetMinutes": 0.0},
        {"startTime": "2025-07-02T00:30:00.0000000+00:00", "timeZone": "W. Europe Standard Time"},
        {"timeZone": "europe/berlin"},
        {"timeZone": "Europe/Madrid"},  # the same clock all the year
        {"expiryTime": "9999-12-31T23:59:59.9999999+01:00"},
        {"expiryTime": None},
        {"nextRun": "2030-01-02T02:30:00+01:00", "advancedSchedule": None},
    ],
)
def test_what_the_service_writes_otherwise_is_no_difference(told: dict[str, Any]) -> None:
    azure = provisioned(**NIGHTLY)
    schedule_of(azure).update(told)

    assert planned(azure, **NIGHTLY).changes == ()


@pytest.mark.parametrize(
    ("there", "path"),
    [
        ({"startTime": "2026-01-02T03:30:00+01:00"}, "time"),
        ({"startTime": "2026-01-02T01:30:30+00:00"}, "time"),
        ({"startTime": None}, "time"),
        ({"timeZone": "America/New_York", "startTime": "2026-01-02T02:30:00-05:00"}, "timeZone"),
        ({"timeZone": "Europe/London", "startTime": "2026-01-02T02:30:00+00:00"}, "timeZone"),
        ({"timeZone": None}, "timeZone"),
        ({"frequency": "Week"}, "frequency"),
        ({"interval": 2}, "interval"),
        ({"expiryTime": "2027-01-01T00:00:00+01:00"}, "expiryTime"),
    ],
)
def test_what_somebody_changed_is_shown_and_put_right_with_a_new_start(there: dict[str, Any], path: str) -> None:
    azure = provisioned(**NIGHTLY)
    schedule_of(azure).update(there)

    plan = planned(azure, **NIGHTLY)
    assert path in [difference.path for difference in plan.changes[0].differences]
    carried_out(azure, plan)

    assert [(request.verb, str(request.target).count(NAME)) for request in azure.writes] == [("put", 1)]
    assert planned(azure, **NIGHTLY).changes == ()


def test_a_schedule_that_was_switched_off_is_switched_on_without_a_new_start() -> None:
    azure = provisioned(**NIGHTLY)
    schedule_of(azure)["isEnabled"] = False
    before = schedule_of(azure)["startTime"]

    plan = planned(azure, **NIGHTLY)
    assert plan.changes[0].reason == "differs in isEnabled"
    carried_out(azure, plan)

    assert azure.writes[0].body == {
        "name": NAME,
        "properties": {"description": "lockstep:test starts the nightly sweep", "isEnabled": True},
    }
    assert schedule_of(azure)["startTime"] == before
    assert planned(azure, **NIGHTLY).changes == ()


def test_one_that_is_late_and_switched_off_takes_two_runs_and_the_first_says_so() -> None:
    azure = provisioned(**NIGHTLY)
    schedule_of(azure).update({"isEnabled": False, "startTime": "2026-01-02T03:30:00+01:00"})

    with pytest.raises(Stopped, match=r"it is still switched off. Run the plan again"):
        carried_out(azure, planned(azure, **NIGHTLY))
    carried_out(azure, planned(azure, **NIGHTLY))

    assert planned(azure, **NIGHTLY).changes == ()


def test_another_time_in_the_file_is_an_update_and_the_tie_stays() -> None:
    azure = provisioned(**NIGHTLY)
    later: dict[str, Any] = {"sweep": {"schedule": "04:00", "time_zone": "Europe/Berlin"}}

    plan = planned(azure, **later)
    assert [str(change) for change in plan.changes] == [f"update schedule {NAME}"]
    assert [(d.path, d.before, d.after) for d in plan.changes[0].differences] == [("time", "02:30", "04:00")]
    carried_out(azure, plan)

    assert planned(azure, **later).changes == ()


def test_without_the_section_schedule_and_tie_are_deleted_the_tie_first() -> None:
    azure = provisioned(**NIGHTLY)

    plan = planned(azure)
    assert [str(change) for change in plan.changes if change.action == "delete"] == [
        f"delete job schedule {NAME}",
        f"delete schedule {NAME}",
    ]
    carried_out(azure, plan)

    assert not [key for key in azure.arm if "schedules/" in key]


def test_a_foreign_schedule_of_our_name_stands_in_the_way_and_can_be_adopted() -> None:
    azure = InMemoryAzure()
    theirs = {"description": "nightly backup", "frequency": "Hour", "interval": 3, "isEnabled": True}
    azure.put_arm(f"{ACCOUNT}/schedules/{NAME}", properties=theirs)

    plan = planned(azure, **NIGHTLY)
    assert [str(refusal).split(":", maxsplit=1)[0] for refusal in plan.refusals] == [
        f"schedule {NAME} exists, not ours"
    ]
    assert f"delete schedule {NAME}" not in [str(change) for change in destroying(azure, **NIGHTLY).changes]
    carried_out(azure, planned(azure, adopt=True, **NIGHTLY))
    assert planned(azure, **NIGHTLY).changes == ()


def test_a_schedule_of_another_environment_is_never_adopted() -> None:
    azure = InMemoryAzure()
    azure.put_arm(f"{ACCOUNT}/schedules/{NAME}", properties={"description": "lockstep:prod starts the nightly sweep"})

    (refusal,) = planned(azure, adopt=True, **NIGHTLY).refusals
    assert "it belongs to the Lockstep environment prod" in str(refusal)


def test_one_that_somebody_else_took_since_the_plan_is_not_deleted() -> None:
    azure = provisioned(**NIGHTLY)
    plan = destroying(azure, **NIGHTLY)
    (change,) = [change for change in plan.changes if change.resource.address.kind == schedule.KIND]

    with pytest.raises(ProvisionError, match="is not Lockstep's any more"):
        schedule.request(change, {"properties": {"description": "mine"}})
    assert schedule.request(change, None) is None


def test_one_that_appeared_since_the_plan_is_not_overwritten() -> None:
    plan = planned(InMemoryAzure(), **NIGHTLY)
    (change,) = [change for change in plan.changes if change.resource.address.kind == schedule.KIND]

    with pytest.raises(ProvisionError, match="appeared since the plan was made"):
        schedule.request(change, {"properties": {"description": "nightly backup"}})


def test_an_answer_that_does_not_say_whether_it_is_on_is_no_doubt() -> None:
    plan = planned(InMemoryAzure(), **NIGHTLY)
    (change,) = [change for change in plan.changes if change.resource.address.kind == schedule.KIND]

    assert isinstance(change, Change)
    answers: list[Any] = [None, {}, {"properties": {}}]
    assert [schedule.doubt(change, answer) for answer in answers] == ["", "", ""]
