"""The uploaded file, alone in a process of its own, between a small Azure and the embedded directory."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.certificates import CertificateAuthority
from tests.integration.runbook_world import ACCOUNT, GRAPH, READERS, USER, WRITERS, World, assignment

LISTING = "/v1.0/identityGovernance/entitlementManagement/assignments"
REMOVED = {"stage": "assignmentRequestRemoved", "request_type": "adminRemove"}
OTHER = "15151515-1515-4515-8515-151515151515"


def test_it_costs_four_operations_and_one_for_each_changed_group(world: World) -> None:
    ended = world.run()

    operations = [exchange.operation for exchange in world.directory.journal if exchange.operation != "farewell"]
    assert operations == ["bind", "search", "search", "modify", "modify", "search"]
    assert ended.result["verified"] is True


def test_it_costs_three_operations_when_there_is_nothing_to_do(world: World) -> None:
    world.run()
    before = len(world.directory.journal)

    ended = world.run()

    operations = [exchange.operation for exchange in world.directory.journal[before:]]
    assert [each for each in operations if each != "farewell"] == ["bind", "search", "search"]
    assert (ended.result["outcome"], ended.result["verified"]) == ("nothing_to_do", True)


def endless(status: int) -> Any:
    return lambda _: (status, {"error": {"code": "x", "message": "busy"}})


@pytest.mark.parametrize(
    ("path", "answer", "says"),
    [
        (LISTING, lambda _: (200, {"value": [assignment(READERS), {"id": "half"}]}), "is not a JSON object"),
        (LISTING, endless(403), "EntitlementManagement.Read.All"),
        (f"/v1.0/users/{USER}", endless(403), "User.Read.All"),
        (f"{ACCOUNT}/variables/map", endless(404), "Automation variable map"),
        (f"{ACCOUNT}/variables/settings", endless(403), "role Reader"),
        ("/secrets/ad-bind", endless(403), "Key Vault Secrets User"),
    ],
)
def test_when_azure_tells_less_than_all_nothing_is_removed(world: World, path: str, answer: Any, says: str) -> None:
    world.run()
    world.azure.answers[path] = answer

    ended = world.run(**REMOVED)

    assert (ended.code, ended.result["outcome"], ended.result["removed"]) == (1, "failed", [])
    assert says in ended.result["detail"]
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]


def test_a_missing_group_is_told_while_the_others_are_added(world: World) -> None:
    world.map("Finance_Readers", "No_Such_Group")

    ended = world.run()

    assert (ended.code, ended.result["outcome"]) == (1, "partial")
    assert ended.result["problems"] == [
        "group 'No_Such_Group' does not exist in AD; correct the mapping or create the group"
    ]
    assert world.groups() == ["Finance_Readers"]


def test_an_untrusted_directory_gets_no_password(world: World, tmp_path: Path) -> None:
    world.settings["directory"]["ca_file"] = str(CertificateAuthority(tmp_path / "other").ca_file)

    ended = world.run()

    assert ended.result["outcome"] == "failed"
    assert "its certificate is not trusted" in ended.result["detail"]


def test_the_certificate_must_hold_the_name_that_the_settings_give(world: World) -> None:
    server = {"url": world.directory.url, "certificate_name": "dc9.lab.example"}
    world.settings["directory"]["servers"] = [server]

    refused = world.run()
    server["certificate_name"] = "dc1.lab.example"
    accepted = world.run()

    assert "its certificate bears another name; write that name as certificate_name" in refused.result["detail"]
    assert accepted.result["outcome"] == "done"


def test_the_next_server_is_taken_when_the_first_is_down(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"ldaps://localhost:{free.getsockname()[1]}"
    servers = world.settings["directory"]["servers"]
    servers.insert(0, {"url": dead, "certificate_name": "localhost"})

    assert world.run().result["outcome"] == "done"

    servers.pop()
    down = world.run(**REMOVED)
    assert f"{dead}: it cannot be reached" in down.result["detail"]
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]


def test_kerberos_without_its_package_says_what_to_install(world: World) -> None:
    world.settings["directory"]["bind"] = {"method": "kerberos"}

    ended = world.run()

    assert ended.result["outcome"] == "failed"
    assert "Kerberos needs the Python package gssapi" in ended.result["detail"]


def test_after_the_deadline_nothing_happens(world: World) -> None:
    ended = world.run(deadline="2026-01-01T00:00:00Z")

    assert (ended.code, ended.result["outcome"]) == (1, "timed_out")
    assert world.azure.requests == []


def test_graph_is_asked_page_by_page_and_only_for_the_person(world: World) -> None:
    world.run(access_package=WRITERS)
    first, second = [assignment(READERS, number=1)], [assignment(WRITERS, number=2)]

    def page(query: Any) -> tuple[int, Any]:
        if "$skiptoken" in query:
            return 200, {"value": second}
        return 200, {"value": first, "@odata.nextLink": f"{world.azure.base}{LISTING}?$skiptoken=1"}

    world.azure.serve(LISTING, GRAPH, page)
    assert world.run().result["kept"] == ["Finance_Readers", "Finance_Writers"]

    second[0]["target"]["objectId"] = OTHER
    ended = world.run()
    assert "did not apply the filter" in ended.result["detail"]
    assert world.groups() == ["Finance_Readers", "Finance_Reports", "Finance_Writers"]


def test_a_token_is_only_for_its_own_service(world: World) -> None:
    world.azure.audiences[f"{ACCOUNT}/variables/map"] = GRAPH

    ended = world.run()

    assert ended.result["outcome"] == "failed"
    assert "401" in ended.result["detail"]
