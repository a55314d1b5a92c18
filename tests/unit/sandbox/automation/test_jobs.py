from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

ONE = "cccccccc-cccc-4ccc-8ccc-ccccccccccc1"
TWO = "cccccccc-cccc-4ccc-8ccc-ccccccccccc2"
OPERATOR = "d3881f73-407a-4167-8283-e981cbba0404"


def path(azure: Azure, name: str = ONE, tail: str = "") -> str:
    return f"{azure.account}/jobs/{name}{tail}?api-version=2023-11-01"


def body(**changes: Any) -> dict[str, Any]:
    properties = {"runbook": {"name": "lockstep"}, "runOn": seed.WORKER_GROUP, "parameters": {"envelope": "b64.e30="}}
    return {"properties": {**properties, **changes}}


@pytest.fixture
def published(azure: Azure) -> Azure:
    runbook = f"{azure.account}/runbooks/lockstep?api-version=2024-10-23"
    azure.send("PUT", runbook, {"location": "westeurope", "properties": {"runbookType": "Python", "draft": {}}})
    azure.send(
        "PUT",
        runbook.replace("/lockstep", "/unpublished"),
        {"location": "x", "properties": {"runbookType": "Python", "draft": {}}},
    )
    found = azure.cloud.runbooks.find("lockstep")
    assert found is not None
    found.published = "print('hello')"
    return azure


def test_a_job_is_created_with_its_own_id_and_read(published: Azure) -> None:
    made = published.send("PUT", path(published), body())
    properties = made.body["properties"]
    assert (made.status, made.body["name"], properties["jobId"]) == (201, ONE, ONE)
    assert (properties["status"], properties["provisioningState"]) == ("New", "Processing")
    assert properties["parameters"] == {"envelope": "b64.e30="}
    assert published.send("GET", path(published)).body == made.body


def test_a_second_put_of_one_id_is_409_and_starts_nothing(published: Azure) -> None:
    published.send("PUT", path(published), body())
    answer = published.send("PUT", path(published, ONE.upper()), body(parameters={}))
    assert (answer.status, answer.body["code"]) == (409, "Conflict")
    assert len(published.cloud.jobs.all()) == 1


def test_the_sandbox_can_be_told_to_answer_with_the_job_that_is_there(published: Azure) -> None:
    published.cloud.job_service.duplicates = "existing"
    first = published.send("PUT", path(published), body())
    second = published.send("PUT", path(published), body(parameters={"x": "y"}))
    assert (second.status, second.body) == (201, first.body)


@pytest.mark.parametrize(
    ("name", "changes", "status", "said"),
    [
        ("not-a-guid", {}, 400, "must be a GUID"),
        (ONE, {"runbook": {"name": "none"}}, 404, "Runbook was not found"),
        (ONE, {"runbook": None}, 404, "Runbook was not found"),
        (ONE, {"runbook": {"name": "unpublished"}}, 400, "has not been published"),
        (ONE, {"runOn": "none"}, 400, "Worker Group 'none' was not found"),
        (ONE, {"runOn": None}, 400, "runs no jobs in the cloud"),
        (ONE, {"parameters": {"a": 1}}, 400, "names to strings"),
        (ONE, {"parameters": ["a"]}, 400, "names to strings"),
        (ONE, {"parameters": {"a": "x" * 600_000}}, 400, "512 KB"),
        (ONE, {"parameters": {str(number): "" for number in range(51)}}, 400, "50 parameters"),
    ],
)
def test_a_bad_job_is_refused_at_the_root(
    published: Azure, name: str, changes: dict[str, Any], status: int, said: str
) -> None:
    answer = published.send("PUT", path(published, name), body(**changes))
    assert answer.status == status
    assert said in answer.body["message"]
    assert published.cloud.jobs.all() == []


def test_the_logic_apps_identity_needs_the_automation_role(published: Azure) -> None:
    stranger = published.principals.add("la")
    refused = published.send("PUT", path(published), body(), principal=stranger)
    assert (refused.status, refused.body["error"]["code"]) == (403, "AuthorizationFailed")
    operator = published.operator(OPERATOR, published.account)
    assert published.send("PUT", path(published), body(), principal=operator).status == 201
    assert published.send("GET", path(published, tail="/output"), principal=operator).status == 200


def test_output_is_plain_text_and_streams_are_listed_and_read(published: Azure) -> None:
    published.send("PUT", path(published), body())
    job = published.cloud.jobs.find(ONE)
    assert job is not None
    for stream, text in (("Output", "one"), ("Error", "bad")):
        published.cloud.jobs.write(job, stream, text)
    assert published.send("GET", path(published, tail="/output")).body == "one"
    listed = published.send("GET", path(published, tail="/streams")).body["value"]
    assert [item["properties"]["streamType"] for item in listed] == ["Output", "Error"]
    identifier = listed[1]["properties"]["jobStreamId"]
    full = published.send("GET", path(published, tail=f"/streams/{identifier}")).body
    assert full["properties"]["streamText"] == "bad"
    assert published.send("GET", path(published, tail="/streams/none")).status == 404


def test_jobs_are_listed_newest_first_without_their_parameters(published: Azure) -> None:
    for name in (ONE, TWO):
        published.send("PUT", path(published, name), body())
    listed = published.send("GET", path(published).replace(f"/{ONE}", "")).body["value"]
    assert [item["name"] for item in listed] == [TWO, ONE]
    assert "parameters" not in listed[0]["properties"]


def test_a_waiting_job_is_stopped_at_once_and_an_ended_one_not_at_all(published: Azure) -> None:
    published.send("PUT", path(published), body())
    assert published.send("POST", path(published, tail="/stop")).status == 200
    assert published.send("GET", path(published)).body["properties"]["status"] == "Stopped"
    assert published.send("POST", path(published, tail="/stop")).status == 409


def test_an_unknown_job_is_404(published: Azure) -> None:
    assert published.send("GET", path(published)).body["code"] == "NotFound"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("properties/status eq 'Completed'", [TWO]),
        ("properties/status eq 'Completed' and properties/runbook/name eq 'LOCKSTEP'", [TWO]),
        ("properties/runbook/name eq 'other'", []),
        ("properties/creationTime ge 2026-01-01T00:00:00Z", [TWO, ONE]),
        ("properties/creationTime le 2026-01-01T00:00:00Z", []),
        ("properties/startTime ge 2026-01-01T00:00:00Z", [TWO]),
        ("properties/endTime ge 2026-01-01T00:00:00Z", [TWO]),
    ],
)
def test_jobs_are_filtered_as_microsofts_own_tools_do(published: Azure, query: str, names: list[str]) -> None:
    for name in (ONE, TWO):
        published.send("PUT", path(published, name), body())
    ended = published.cloud.jobs.find(TWO)
    assert ended is not None
    for status in ("Running", "Completed"):
        assert published.cloud.jobs.move(ended, status)
    answer = published.send("GET", f"{published.account}/jobs?api-version=2023-11-01&$filter={query}")
    assert [row["name"] for row in answer.body["value"]] == names


def test_any_other_filter_of_jobs_is_refused_at_the_root(published: Azure) -> None:
    answer = published.send("GET", f"{published.account}/jobs?api-version=2023-11-01&$filter=status eq 'Failed'")
    assert (answer.status, answer.body["code"]) == (400, "BadRequest")
    assert "properties/status" in answer.body["message"]
