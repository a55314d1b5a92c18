"""How a catalog fares, in one word with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from provision.actual import actual
from provision.desired import desired
from provision.plan import plan
from provision.runs import status_report
from provision.runs.status import Recent, Served, State, Status, extension_id, is_ours, status
from tests.fakes import InMemoryAzure, guid
from tests.ran import JOB, RUN, run
from tests.sample import drawn, looked_at, provisioned

FINANCE = Served(guid("c1"), "Finance")
GOOD = run("Succeeded", "done", "Completed")


def _state(azure: InMemoryAzure) -> State:
    there, wanted = actual(looked_at(azure)), desired(drawn(azure))
    made = plan("test", wanted, there, gone="")
    return State("test.yaml", there, wanted, made.changes, tuple(map(str, made.refusals)))


def _status(recent: Recent, azure: InMemoryAzure | None = None, **changes: Any) -> Status:
    return status(FINANCE, replace(_state(azure or provisioned()), **changes), recent)


def test_what_is_deployed_is_counted() -> None:
    found = _status(Recent())

    assert found.app is not None
    assert found.extension is not None
    assert (found.app.address.name, found.bound, found.policies) == ("lockstep-test-finance", 2, 2)
    assert extension_id(found.extension)
    assert is_ours(found.extension)


@pytest.mark.parametrize(
    ("recent", "health", "reason"),
    [
        (Recent(), "never called", "no callout"),
        (Recent(going_on=True), "unknown", "the first callout goes on"),
        (Recent(GOOD), "healthy", "said"),
        (Recent(GOOD, run()), "healthy", "said"),
        (Recent(run(detail="no account"), run()), "failing", "no account"),
        (Recent(run("Succeeded", "", "Completed")), "unknown", "the job printed no result"),
    ],
)
def test_health_follows_the_last_run(recent: Recent, health: str, reason: str) -> None:
    found = _status(recent)

    assert found.health == health
    assert reason in found.reason


def test_a_plan_with_changes_is_broken_whatever_ran() -> None:
    azure = provisioned()
    workflow = next(value for key, value in azure.arm.items() if key.endswith("lockstep-test-finance"))
    workflow["properties"]["state"] = "Disabled"

    assert _status(Recent(GOOD), azure).health == "broken"
    assert _status(Recent(GOOD), azure).reason == "the plan has changes (1 to update); see `lockstep plan -e test.yaml`"
    assert status(Served(guid("c2"), "Engineering"), _state(azure), Recent(GOOD)).health == "healthy"


def test_nothing_deployed_says_so() -> None:
    found = _status(Recent(), InMemoryAzure())

    assert (found.health, found.app, found.bound, found.policies) == ("broken", None, 0, 2)
    assert found.reason == "nothing is deployed yet; `lockstep apply -e test.yaml` does it"


def test_trouble_refusals_and_a_missing_catalog_are_broken() -> None:
    assert _status(Recent(GOOD), trouble="no worker", wanted=None).reason == "no worker"
    assert _status(Recent(GOOD), trouble="no worker", wanted=None).policies is None
    assert _status(Recent(GOOD), refusals=("theirs",)).reason == "theirs"
    assert (
        status(Served("", "Sales", "no catalogs are called Sales"), _state(provisioned()), Recent()).health == "broken"
    )


def test_a_row_tells_all_of_it() -> None:
    found = _status(Recent(GOOD, run()))

    told = dict(zip(status_report.COLUMNS, status_report.row(found), strict=True))

    assert told["catalog"] == "Finance"
    assert (told["health"], told["bound"]) == ("healthy", "2 of 2")
    assert (told["last run (UTC)"], told["last failed (UTC)"]) == ("2026-01-01 11:00 done", "2026-01-01 11:00")
    assert told["last job"] == f"Completed, {JOB}"
    assert found.extension is not None
    assert extension_id(found.extension) not in " ".join(told.values())


def test_what_is_not_there_is_told_so() -> None:
    told = status_report.row(_status(Recent(), InMemoryAzure(), wanted=None, trouble="x"))

    assert told[2:6] == ("0 of ?", "-", "-", "-")


def test_json_holds_everything() -> None:
    document = json.loads(status_report.machine("test", [_status(Recent(run(), run(), going_on=True))]))
    empty = json.loads(status_report.machine("test", [_status(Recent(), InMemoryAzure())]))["catalogs"][0]

    (entry,) = document["catalogs"]
    assert (document["version"], document["environment"]) == (1, "test")
    assert entry["catalog"] == {"id": guid("c1"), "name": "Finance"}
    assert entry["extension"]["ours"] is True
    assert (entry["bound"], entry["policies"], entry["running"]) == (2, 2, True)
    assert entry["last_failed_run"]["run"] == RUN
    assert entry["last_run"]["job"] == {"id": JOB, "status": "Failed"}
    assert (empty["extension"], empty["logic_app"], empty["last_run"]) == (None, None, None)
