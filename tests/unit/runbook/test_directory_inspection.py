from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runbook.directory_entry import sid_bytes
from runbook.directory_inspection import LdapInspection
from runbook.group_name import parse_group_name
from runbook.outcome import Failed
from tests.unit.runbook.standins import DOMAIN_SID, deadline_in
from tests.unit.runbook.test_directory_entry import GUID, group_entry
from tests.unit.runbook.test_directory_session import SETTINGS, Network, Step

NAMES = frozenset({parse_group_name("One")})
SECURITY_GLOBAL = b"-2147483646"


class TlsSocket:
    """What is used of `ssl.SSLSocket`."""

    def __init__(self, certificate: dict[str, Any]) -> None:
        self._certificate = certificate

    def getpeercert(self) -> dict[str, Any]:
        return self._certificate

    def version(self) -> str:
        return "TLSv1.3"


def inspection(*steps: Step, certificate: dict[str, Any] | None = None) -> tuple[LdapInspection, Network]:
    network = Network(list(steps))
    network.connections[0].socket = TlsSocket(certificate or {})
    return LdapInspection(SETTINGS, network, deadline_in(600)), network


def test_the_server_tells_its_time_and_its_certificate_its_end() -> None:
    ad, network = inspection(
        (0, [("", {"currentTime": [b"20261123152308.0Z"]})]), certificate={"notAfter": "Jan  5 09:34:43 2027 GMT"}
    )

    facts = ad.server_facts()

    assert facts.time == datetime(2026, 11, 23, 15, 23, 8, tzinfo=UTC)
    assert facts.certificate_ends == datetime(2027, 1, 5, 9, 34, 43, tzinfo=UTC)
    assert facts.tls == "TLSv1.3"
    assert network.connections[0].asked[0][:4] == ("search", "", "(objectClass=*)", "BASE")


@pytest.mark.parametrize("entry", [{}, {"currentTime": [b"soon"]}])
def test_what_the_server_does_not_tell_is_unknown(entry: dict[str, list[bytes]]) -> None:
    facts = inspection((0, [("", entry)]))[0].server_facts()

    assert (facts.time, facts.certificate_ends) == (None, None)


@pytest.mark.parametrize("step", [(52, []), (0, [])])
def test_a_server_without_an_entry_of_its_own_is_no_server(step: Step) -> None:
    with pytest.raises(Failed, match="server's own entry"):
        inspection(step)[0].server_facts()


def test_groups_come_with_their_type_and_the_right_to_write_member() -> None:
    writable = group_entry(groupType=[SECURITY_GLOBAL], allowedAttributesEffective=[b"description", b"Member"])
    locked = group_entry(objectGUID=[b"x" * 16])
    ad, network = inspection((0, [("CN=a", writable), ("CN=b", locked)]))

    first, second = ad.group_facts(NAMES)

    assert (first.group.scope, first.member_writable) == ("global", True)
    assert (second.group.scope, second.member_writable) == ("", False)
    assert "allowedAttributesEffective" in network.connections[0].asked[0][4]["attributes"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((0, [("CN=a", {"allowedAttributes": [b"member", b"cn"]})]), [False]),
        ((0, [("CN=a", {})]), [None]),
        ((50, []), [None]),
    ],
)
def test_no_right_at_all_is_told_apart_from_a_server_that_does_not_tell(answer: Step, told: list[bool | None]) -> None:
    ad, network = inspection((0, [("CN=a", group_entry())]), answer)

    assert [each.member_writable for each in ad.group_facts(NAMES)] == told
    assert network.connections[0].asked[1][1] == f"<GUID={GUID}>"


def test_groups_that_do_not_exist_are_none() -> None:
    assert inspection((0, []))[0].group_facts(NAMES) == ()


def test_a_search_that_fails_is_told() -> None:
    with pytest.raises(Failed, match="searching groups"):
        inspection((51, []))[0].group_facts(NAMES)
    with pytest.raises(Failed, match="searching people"):
        inspection((51, []))[0].some_people(5)


@pytest.mark.parametrize("code", [0, 4])
def test_people_are_ordinary_ones(code: int) -> None:
    def account(rid: int, **more: Any) -> tuple[str, dict[str, list[bytes]]]:
        return "CN=x", {"objectSid": [sid_bytes(f"{DOMAIN_SID}-{rid}")], **more}

    entries = [account(501), account(1101, adminCount=[b"1"]), ("CN=y", {}), account(1102, adminCount=[b"0"])]
    ad, _ = inspection((code, [*entries, account(1103), account(1104)]))

    assert ad.some_people(2) == (f"{DOMAIN_SID}-1102", f"{DOMAIN_SID}-1103")
