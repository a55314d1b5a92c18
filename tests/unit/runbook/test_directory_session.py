from __future__ import annotations

from typing import Any

import pytest
from ldap3.core.exceptions import LDAPSessionTerminatedByServerError

from runbook.directory import Change
from runbook.directory_connection import AccountRejected
from runbook.directory_entry import EXTENDED_DN, GROUPS_ARE_SHOWN, PERMISSIVE_MODIFY, sid_bytes
from runbook.directory_session import LdapDirectory
from runbook.group_name import parse_group_name
from runbook.outcome import DeadlinePassed, Failed, Refused
from runbook.settings import DirectoryServer, DirectorySettings
from tests.unit.runbook.standins import PERSON_SID, StandingClock, deadline_in, group
from tests.unit.runbook.test_directory_entry import GUID, group_entry, person_entry

SERVERS = tuple(DirectoryServer(f"dc{n}", 636, start_tls=False, certificate_name=f"dc{n}") for n in (1, 2))
SETTINGS = DirectorySettings(SERVERS, "DC=lab,DC=example", "LAB", "", "simple", "svc@lab", None)
PERSON_DN = f"<GUID={GUID}>;<SID={PERSON_SID}>;CN=Ada,OU=People,DC=lab,DC=example"
ADD = Change(group("One"), add=True)
BROKEN = LDAPSessionTerminatedByServerError("session terminated by server")

Step = tuple[int, list[tuple[str, dict[str, list[bytes]]]]] | Exception


class Connection:
    """What is used of `ldap3.Connection`, with one prepared step for each operation."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self.asked: list[tuple[Any, ...]] = []
        self.result: dict[str, Any] = {}
        self.response: list[dict[str, Any]] | None = None
        self.unbound = False
        self.socket: Any = None

    def search(self, *asked: Any, **more: Any) -> bool:
        return self._step(("search", *asked, more))

    def modify(self, *asked: Any, **more: Any) -> bool:
        return self._step(("modify", *asked, more))

    def unbind(self) -> bool:
        self.unbound = True
        return True

    def _step(self, asked: tuple[Any, ...]) -> bool:
        self.asked.append(asked)
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        code, entries = step
        self.result = {"result": code, "description": "said", "message": "0000 x"}
        self.response = [{"type": "searchResEntry", "dn": dn, "raw_attributes": found} for dn, found in entries]
        self.response.append({"type": "searchResRef", "uri": ["ldap://other"]})
        return code == 0


class Network:
    """Opens prepared connections in turn and notes which servers were offered."""

    def __init__(self, *connections: list[Step]) -> None:
        self.connections = [Connection(steps) for steps in connections]
        self.offered: list[tuple[str, ...]] = []
        self._opened = 0

    def __call__(self, servers: tuple[DirectoryServer, ...]) -> tuple[DirectoryServer, Connection]:
        self.offered.append(tuple(server.host for server in servers))
        if self._opened == len(self.connections):
            raise Failed("no domain controller could be used")
        self._opened += 1
        return servers[0], self.connections[self._opened - 1]


def directory(*connections: list[Step]) -> tuple[LdapDirectory, Network]:
    network = Network(*connections)
    return LdapDirectory(SETTINGS, network, deadline_in(600)), network


def test_a_person_is_one_base_search_by_sid_with_guids_of_the_groups() -> None:
    ad, network = directory([(0, [(PERSON_DN, person_entry())])])

    assert ad.person(PERSON_SID).member_of == {GUID}
    (asked,) = network.connections[0].asked
    assert asked[:4] == ("search", f"<SID={PERSON_SID}>", GROUPS_ARE_SHOWN, "BASE")
    assert asked[4]["controls"] == [EXTENDED_DN]


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        ((32, []), Refused, "no account with SID"),
        ((10, []), Refused, "no account with SID"),
        ((0, []), Failed, "let the bind account read its memberOf"),
        ((0, [(PERSON_DN, person_entry())] * 2), Failed, "reading account"),
        ((51, []), Failed, "said 0000 x"),
        (
            (0, [(PERSON_DN, person_entry(objectClass=[b"top", b"foreignSecurityPrincipal"]))]),
            Refused,
            "no user account",
        ),
        ((0, [(PERSON_DN.replace("DC=lab", "DC=child"), person_entry())]), Refused, "no user account"),
        ((0, [(PERSON_DN, person_entry(objectSid=[sid_bytes("S-1-5-21-1")]))]), Failed, "another SID"),
    ],
)
def test_a_person_not_found_exactly_once_is_refused(step: Step, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        directory([step])[0].person(PERSON_SID)


def test_groups_are_one_search_and_referrals_are_no_groups() -> None:
    ad, network = directory([(0, [("CN=Café,OU=Groups,DC=lab,DC=example", group_entry())])])

    (found,) = ad.groups(frozenset({parse_group_name("Café")}), frozenset({GUID}))

    assert found.account == "Café"
    (asked,) = network.connections[0].asked
    assert asked[1:4] == (SETTINGS.base, asked[2], "SUBTREE")
    assert asked[2].count("(sAMAccountName=") == asked[2].count("(objectGUID=") == 1


@pytest.mark.parametrize("code", [4, 11, 32, 50])
def test_a_search_that_does_not_end_well_is_an_error(code: int) -> None:
    with pytest.raises(Failed, match="searching groups"):
        directory([(code, [("CN=a", group_entry())])])[0].groups(frozenset(), frozenset({GUID}))


def test_a_change_names_group_and_person_by_what_never_changes() -> None:
    ad, network = directory([(0, [])])

    assert ad.change(ADD, PERSON_SID).kind == "done"
    assert network.connections[0].asked == [
        (
            "modify",
            f"<GUID={ADD.group.guid}>",
            {"member": [("MODIFY_ADD", [f"<SID={PERSON_SID}>"])]},
            {"controls": [PERMISSIVE_MODIFY]},
        )
    ]


def test_a_removal_deletes_that_one_value() -> None:
    ad, network = directory([(0, [])])
    ad.change(Change(ADD.group, add=False), PERSON_SID)

    assert network.connections[0].asked[0][2] == {"member": [("MODIFY_DELETE", [f"<SID={PERSON_SID}>"])]}


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (68, "unclear", "said"),
        (53, "unclear", "said"),
        (16, "unclear", "said"),
        (20, "unclear", "said"),
        (51, "lost", "said"),
        (52, "lost", "said"),
        (50, "declined", "svc@lab has no right to change its members; delegate"),
        (32, "declined", "said"),
        (19, "declined", "said"),
    ],
)
def test_each_answer_of_ad_has_its_meaning(code: int, kind: str, reason: str) -> None:
    answer = directory([(code, [])])[0].change(ADD, PERSON_SID)

    assert answer.kind == kind
    assert reason in answer.reason


def test_a_search_that_breaks_is_made_again_on_whichever_server_answers() -> None:
    ad, network = directory([BROKEN], [(0, [(PERSON_DN, person_entry())])])

    assert ad.person(PERSON_SID).member_of == {GUID}
    assert network.offered == [("dc1", "dc2"), ("dc1", "dc2")]
    assert network.connections[0].unbound


def test_a_search_that_breaks_twice_is_an_error() -> None:
    with pytest.raises(Failed, match="broke twice"):
        directory([BROKEN], [BROKEN])[0].person(PERSON_SID)


def test_after_a_write_only_the_same_server_is_asked() -> None:
    ad, network = directory([BROKEN], [(0, [(PERSON_DN, person_entry())])])

    assert ad.change(ADD, PERSON_SID).kind == "lost"
    ad.person(PERSON_SID)

    assert network.offered == [("dc1", "dc2"), ("dc1",)]


def test_a_write_that_cannot_be_sent_is_declined_not_lost() -> None:
    ad, _ = directory([BROKEN])
    ad.change(ADD, PERSON_SID)

    assert ad.change(ADD, PERSON_SID).kind == "declined"
    assert ad.change(ADD, PERSON_SID).kind == "declined"


def test_nothing_is_asked_after_the_deadline() -> None:
    clock = StandingClock()
    network = Network([(0, [])])
    ad = LdapDirectory(SETTINGS, network, deadline_in(5, clock))
    clock.seconds = 6

    with pytest.raises(DeadlinePassed):
        ad.change(ADD, PERSON_SID)

    assert network.connections[0].asked == []


def test_closing_never_fails() -> None:
    ad, network = directory([])
    ad.close()

    assert network.connections[0].unbound


def test_a_refused_account_is_not_tried_again() -> None:
    ad, network = directory([])
    tries = []

    def refuse(servers: tuple[DirectoryServer, ...]) -> tuple[DirectoryServer, Connection]:
        tries.append(servers)
        raise AccountRejected("data 532: its password has expired")

    ad.close()
    ad._connector = refuse
    for _ in range(3):
        with pytest.raises(Failed, match="expired"):
            ad.person(PERSON_SID)

    assert ad.change(ADD, PERSON_SID).reason == "data 532: its password has expired"
    assert (len(tries), len(network.offered)) == (1, 1)
