from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

V = "?api-version=2024-10-23"


def test_the_account_shows_its_identity(azure: Azure) -> None:
    body = azure.send("GET", azure.account + V).body
    assert body["identity"]["principalId"] == seed.AUTOMATION_OBJECT_ID
    assert body["properties"]["state"] == "Ok"


def test_another_account_is_404_of_resource_manager(azure: Azure) -> None:
    answer = azure.send("GET", azure.account.replace(seed.AUTOMATION_ACCOUNT, "aa-other") + V)
    assert (answer.status, answer.body["error"]["code"]) == (404, "ResourceNotFound")


def test_a_missing_group_is_404_of_the_service_at_the_root(azure: Azure) -> None:
    answer = azure.send("GET", f"{azure.account}/hybridRunbookWorkerGroups/none{V}")
    assert (answer.status, answer.body["code"]) == (404, "NotFound")


def test_groups_and_fresh_workers_are_listed(azure: Azure) -> None:
    groups = azure.send("GET", f"{azure.account}/hybridRunbookWorkerGroups{V}").body["value"]
    one = azure.send("GET", f"{azure.account}/hybridRunbookWorkerGroups/{seed.WORKER_GROUP}{V}").body
    workers = azure.send("GET", f"{one['id']}/hybridRunbookWorkers{V}").body["value"]
    seen = datetime.fromisoformat(workers[0]["properties"]["lastSeenDateTime"])
    assert groups == [one]
    assert timedelta(0) < datetime.now(UTC) - seen < timedelta(minutes=1)


def test_a_silent_worker_was_last_seen_when_it_fell_silent(azure: Azure) -> None:
    group = azure.cloud.account.groups[seed.WORKER_GROUP]
    group.last_seen = datetime(2026, 1, 2, tzinfo=UTC)
    path = f"{azure.account}/hybridRunbookWorkerGroups/{seed.WORKER_GROUP}/hybridRunbookWorkers{V}"
    worker = azure.send("GET", path).body["value"][0]
    assert worker["properties"]["lastSeenDateTime"].startswith("2026-01-02T00:00:00")
