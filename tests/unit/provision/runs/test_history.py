"""Reading what ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision import jobs, ownership
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import LIFECYCLE, ArmCollection, GraphCollection, Json, Target
from provision.runs import history as runs
from provision.runs.record import LogicApp
from tests.fakes import WORKFLOWS, guid
from tests.ran import (
    APP,
    ENVIRONMENT,
    JOB,
    NOW,
    REQUEST,
    USER,
    Answers,
    callout,
    job_answer,
    job_id,
    printed,
    request_answer,
    run_answer,
)

BEGAN = NOW - timedelta(days=1)


def _workflow(name: str, catalog: str, environment: str = "test") -> dict[str, Any]:
    return {"id": f"{WORKFLOWS}/{name}", "name": name, "tags": ownership.tags(environment, catalog)}


def _told(*answers: dict[str, Any], **more: Any) -> Answers:
    known = {
        f"{APP.id}/runs": list(answers),
        job_id(): job_answer("Failed", callout()),
        f"{job_id()}/output": {"text": printed("refused")},
        ("request", REQUEST): request_answer(),
    }
    return Answers(known | more)


def test_the_logic_apps_are_those_with_our_tags() -> None:
    found = [
        _workflow("finance", guid("c1")),
        _workflow("gone", guid("c2")),
        _workflow("joiners", LIFECYCLE),
        _workflow("theirs", guid("c1"), "other"),
        {"id": f"{WORKFLOWS}/x", "name": "x"},
    ]
    azure = Answers({WORKFLOWS: found, ("catalog", guid("c1")): {"displayName": "Finance"}})

    apps = runs.logic_apps(azure, ENVIRONMENT)

    assert [(app.name, app.catalog, app.label) for app in apps] == [
        ("finance", guid("c1"), "Finance"),
        ("gone", guid("c2"), guid("c2")),
        ("joiners", LIFECYCLE, "Lifecycle Workflows"),
    ]
    assert runs.chosen(apps, (), ENVIRONMENT) == apps
    assert runs.chosen(apps, ("Finance", guid("c2")), ENVIRONMENT) == apps[:2]
    assert runs.chosen(apps, (LIFECYCLE,), ENVIRONMENT) == apps[2:]
    with pytest.raises(ProvisionError, match=r"Sales is none of them\. Environment test has Finance"):
        runs.chosen(apps, ("Sales",), ENVIRONMENT)
    with pytest.raises(ProvisionError, match="none that is deployed"):
        runs.chosen((), ("Sales",), ENVIRONMENT)


def test_runs_are_listed_newest_first_and_not_older_than_asked_for() -> None:
    other = LogicApp(f"{WORKFLOWS}/two", "two", guid("c2"), "Engineering")
    old = run_answer("Succeeded", name="old", startTime="2025-12-01T00:00:00Z")
    new = run_answer("Succeeded", name="new", startTime="2026-01-01T11:30:00Z")
    azure = _told(old, run_answer("Failed"), **{f"{other.id}/runs": [new]})

    found = runs.listed(azure, (APP, other), BEGAN)
    failed = runs.listed(azure, (APP, other), BEGAN, failed=True)

    assert [answer["name"] for _, answer in found] == ["new", run_answer("")["name"]]
    assert [answer["properties"]["status"] for _, answer in failed] == ["Failed"]
    assert azure.reads[0] == ArmCollection(f"{APP.id}/runs", "2019-05-01", "startTime ge 2025-12-31T12:00:00Z")
    assert azure.reads[2] == ArmCollection(
        f"{APP.id}/runs", "2019-05-01", "status eq 'Failed' and startTime ge 2025-12-31T12:00:00Z"
    )


def test_a_deleted_logic_app_has_no_runs() -> None:
    assert runs.listed(Answers(), (APP,), BEGAN) == []


def test_history_joins_counts_what_it_leaves_out_and_stops_at_the_limit() -> None:
    test_call = run_answer("Succeeded", tracking=guid("no job"), name="test", startTime="2026-01-01T11:30:00Z")
    azure = _told(
        run_answer("Failed"), test_call, run_answer("Failed", name="second", startTime="2026-01-01T10:00:00Z")
    )
    found = runs.listed(azure, (APP,), BEGAN)
    now = _begun_now(found)

    every = runs.history(azure, ENVIRONMENT, now, 50, print)
    one = runs.history(azure, ENVIRONMENT, now, 1, print)
    failed = runs.history(azure, ENVIRONMENT, now, 50, print, failed=True)

    assert [run.outcome for run in every.runs] == ["refused", "refused"]
    assert (every.left_out, every.more) == (1, False)
    assert (len(one.runs), one.left_out, one.more) == (1, 1, True)
    assert (len(failed.runs), failed.left_out) == (2, 0)
    assert every.runs[0].request["status"] == "WaitingForCallback"


TASK_RESULT = {"id": guid("result"), "subject": {"id": USER, "userPrincipalName": "ada@corp.example"}}


@pytest.mark.parametrize(
    ("results", "name"),
    [
        ([{"id": guid("another"), "subject": {}}, TASK_RESULT], "ada@corp.example"),
        ([TASK_RESULT | {"subject": {"id": USER, "displayName": "Ada"}}], "Ada"),
        ([TASK_RESULT | {"subject": {"id": USER}}], USER),
        ([TASK_RESULT | {"subject": {"id": guid("bob"), "displayName": "Bob"}}], USER),
        ([{"id": guid("result")}], USER),
        ([], USER),
        (None, USER),
    ],
)
def test_whom_a_workflow_ran_for_is_told_by_name_when_its_task_tells_it(results: Any, name: str) -> None:
    azure = _of_workflow(results)

    assert runs.joined(azure, ENVIRONMENT, JOINERS, run_answer("Succeeded")).user_name == name
    assert azure.reads[-1] == GraphCollection(
        "task results", (guid("w"), guid("t")), f"id eq '{guid('result')}'", "subject"
    )


def test_a_name_that_may_not_be_read_keeps_no_run_from_being_told() -> None:
    azure = Refusing(_of_workflow([TASK_RESULT]).answers)

    assert runs.joined(azure, ENVIRONMENT, JOINERS, run_answer("Succeeded")).user_name == USER
    assert azure.reads[-1] == Refusing.REFUSED


def test_what_is_no_id_is_not_asked_for() -> None:
    azure = _of_workflow([TASK_RESULT], task_result="x' or id ne '")

    assert runs.joined(azure, ENVIRONMENT, JOINERS, run_answer("Succeeded")).user_name == USER
    assert not any(isinstance(target, GraphCollection) for target in azure.reads)


JOINERS = LogicApp(f"{WORKFLOWS}/l", "l", LIFECYCLE, "Lifecycle Workflows")


class Refusing(Answers):
    """Graph does not show task results."""

    REFUSED = GraphCollection("task results", (guid("w"), guid("t")), f"id eq '{guid('result')}'", "subject")

    def read(self, target: Target) -> Json:
        """See `Answers`."""
        if target == self.REFUSED:
            self.reads.append(target)
            raise ServiceRefusal("no", 403, "Forbidden")
        return super().read(target)


def _of_workflow(results: Any, **changes: Any) -> Answers:
    named = {"user": USER, "workflow": guid("w"), "task": guid("t"), "task_result": guid("result"), **changes}
    envelope = jobs.envelope(ENVIRONMENT, "lifecycle", JOB, NOW, **named)
    return Answers({job_id(): job_answer("Completed", envelope), ("task results", guid("w"), guid("t")): results})


def _begun_now(found: list[runs.Listed]) -> list[runs.Listed]:
    """The same runs, but begun just now: a job is only missed for 30 days."""
    begun = datetime.now(UTC).isoformat()
    return [(app, {**a, "properties": {**a["properties"], "startTime": begun}}) for app, a in found]


def test_a_job_without_output_and_one_that_is_nowhere() -> None:
    azure = Answers({job_id(): job_answer("Running", callout())})

    found = runs.job(azure, ENVIRONMENT, JOB)

    assert found is not None
    assert (found.status, found.text, found.result) == ("Running", None, {})
    assert runs.job(azure, ENVIRONMENT, guid("nowhere")) is None
    assert runs.job(azure, ENVIRONMENT, "") is None


def test_a_request_is_only_asked_for_by_a_guid() -> None:
    azure = _told(**{job_id(): job_answer("Failed", callout(request="../../users"))})

    joined = runs.joined(azure, ENVIRONMENT, APP, run_answer("Failed"))

    assert joined.request == {}
    assert ("request", "../../users") not in [getattr(target, "keys", None) for target in azure.reads]


def test_the_latest_are_looked_for_further_back_only_when_none_is_newer() -> None:
    azure = _told(run_answer("Failed"))

    found = list(runs.latest(azure, APP, [NOW, BEGAN, NOW - timedelta(days=90)]))

    assert [answer["name"] for _, answer in found] == [run_answer("")["name"]]
    assert len(azure.reads) == 2
    assert list(runs.latest(Answers(), APP, [NOW])) == []


def test_a_failed_run_without_a_job_is_known_to_entra_alone() -> None:
    named = request_answer(
        customExtensionCalloutInstances=[{"id": JOB, "externalCorrelationId": run_answer("")["name"]}]
    )
    azure = Answers({("requests",): [request_answer(), named]})
    requests = runs.Requests(azure)
    answer = run_answer("Failed", tracking=guid("no job"), error="not started")

    told = [runs.joined(azure, ENVIRONMENT, APP, answer, requests) for _ in range(2)]
    lifecycle = runs.joined(azure, ENVIRONMENT, LogicApp(APP.id, "l", LIFECYCLE, "L"), answer, requests)

    assert [(run.user_name, run.package_name, run.fact("request")) for run in told] == [
        ("ada@corp.example", "Analyst", REQUEST)
    ] * 2
    assert lifecycle.request == {}
    assert [getattr(target, "noun", "") for target in azure.reads].count("requests") == 1
    assert requests.of("another") is None
