"""The uploaded file and AD: the same story with the embedded directory and with a real domain controller."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.samba import SambaDirectory
from tests.integration.runbook_world import READERS, WRITERS, World, assignment

REMOVED = {"stage": "assignmentRequestRemoved", "request_type": "adminRemove"}


@pytest.fixture(scope="module")
def active_directory(
    kind: str,
    certificates: CertificateAuthority,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Any]:
    """A directory with the seed's people and groups; the embedded one also speaks StartTLS."""
    running: EmbeddedDirectory | SambaDirectory
    if kind == "samba":
        request.getfixturevalue("samba")
        running = SambaDirectory(tmp_path_factory.mktemp("runbook"), certificates.server_certificate(), 0)
    else:
        running = EmbeddedDirectory(certificates.server_certificate(), 0, plain_port=0)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def world(active_directory: Any, certificates: CertificateAuthority, script: Path) -> Iterator[World]:
    """Ada, in no group of the mapping, with no assignment."""
    active_directory.reset()
    made = World(active_directory, certificates, script)
    yield made
    made.server.stop()


def test_granted_and_removed_lead_there_and_back(world: World) -> None:
    granted = world.run()

    assert (granted.code, granted.result["outcome"]) == (0, "done")
    assert granted.result["detail"] == "added to Finance_Readers, Finance_Reports"
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]
    assert len([path for path in world.azure.requests if path.startswith("/v1.0/")]) == 3
    assert world.azure.requests.count("/identity") == 3

    world.rows.append(assignment(READERS))
    again = world.run()
    assert (again.code, again.result["outcome"]) == (0, "nothing_to_do")
    assert again.result["kept"] == ["Finance_Readers", "Finance_Reports"]

    world.rows.append(assignment(WRITERS, "delivering", 2))
    both = world.run(access_package=WRITERS, assignment=world.rows[1]["id"])
    assert both.result["added"] == ["Finance_Writers"]

    removed = world.run(**REMOVED)
    assert removed.result["removed"] == ["Finance_Reports"]
    assert world.groups() == ["Finance_Readers", "Finance_Writers"]


def test_every_form_of_a_groups_name_is_resolved(world: World) -> None:
    sid = world.directory.sid_of("Finance_Reports")
    world.map("Café (Köln) #1", "LAB\\finance_readers", sid, "cn=VPN_Users, OU=Groups,DC=lab,DC=example")

    ended = world.run()

    assert ended.result["outcome"] == "done", ended.output
    assert world.groups() == ["Café (Köln) #1", "Finance_Readers", "Finance_Reports", "VPN_Users"]
    assert world.run(**REMOVED).result["outcome"] == "done"
    assert world.groups() == []


@pytest.mark.parametrize(
    ("group", "says"),
    [
        ("Payroll_Admins", "is privileged (adminCount=1)"),
        ("Domain Admins", "is a built-in group"),
        ("Remote Desktop Users", "is a built-in group"),
        ("Locked_Group", "svc-lockstep@lab.example has no right to change its members"),
        ("CORP\\Finance_Readers", "is of another domain"),
    ],
)
def test_a_group_that_may_not_be_touched_forbids_removals_only(world: World, group: str, says: str) -> None:
    world.run(access_package=WRITERS)
    world.map("Finance_Reports", group)

    ended = world.run()

    assert (ended.code, ended.result["outcome"]) == (1, "partial")
    assert says in ended.result["detail"]
    assert "therefore not removed from Finance_Readers, Finance_Writers" in ended.result["detail"]
    assert world.groups() == ["Finance_Readers", "Finance_Reports", "Finance_Writers"]


def test_a_protected_person_is_refused(world: World) -> None:
    world.person(world.directory.sid_of("dora.admin"))

    ended = world.run()

    assert ended.result["outcome"] == "refused"
    assert "adminCount=1" in ended.result["detail"]
    assert "Finance_Readers" not in world.groups("dora.admin")


@pytest.mark.parametrize(
    ("sid", "outcome", "says"),
    [
        (None, "pending", "has no AD account"),
        ("S-1-5-21-1111111111-2222222222-3333333333-999999", "pending", "AD has no account with SID"),
        ("S-1-5-21-9-9-9-1104", "pending", "AD has no account with SID"),
        ("Finance_Readers", "refused", "is no user account"),
    ],
)
def test_a_person_who_is_not_in_ad_is_given_nothing(world: World, sid: str | None, outcome: str, says: str) -> None:
    world.person(world.directory.sid_of(sid) if sid == "Finance_Readers" else sid)

    ended = world.run()

    assert (ended.code, ended.result["outcome"]) == (1, outcome)
    assert says in ended.result["detail"]


def test_wrong_credentials_are_told_in_ads_words(world: World) -> None:
    world.azure.serve("/secrets/ad-bind", "https://vault.azure.net", lambda _: (200, {"value": "hunter2"}))

    ended = world.run()

    assert ended.result["outcome"] == "failed"
    assert "data 52e: the account or its password is wrong" in ended.result["detail"]
    assert "hunter2" not in ended.output


def test_starttls_is_spoken_where_the_address_says_ldap(world: World) -> None:
    plain = getattr(world.directory, "plain_url", None) or f"ldap://{getattr(world.directory, 'address', '')}"
    world.settings["directory"]["servers"] = [{"url": plain, "certificate_name": "dc1.lab.example"}]

    ended = world.run()

    assert ended.result["outcome"] == "done", ended.output


def test_a_check_judges_groups_as_the_server_tells(world: World) -> None:
    world.map("Finance_Reports", "Locked_Group", "Domain Admins", "No_Such_Group")

    ended = world.ask("check")

    found = ended.checks()
    states = {name: each["state"] for name, each in found.items() if name.startswith("group ")}
    assert states == {
        "group Finance_Reports": "ok",
        "group Finance_Readers": "ok",
        "group LAB\\Finance_Writers": "ok",
        "group Locked_Group": "fail",
        "group Domain Admins": "fail",
        "group No_Such_Group": "fail",
    }, ended.output
    assert "security group, global" in found["group Finance_Reports"]["said"]
    assert "may not change its members" in found["group Locked_Group"]["said"]
    assert found["memberships of people"]["state"] == "ok"
