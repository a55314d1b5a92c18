from __future__ import annotations

import uuid

import pytest

from runbook.directory_domain import LdapDomain
from runbook.directory_entry import sid_bytes
from runbook.outcome import Failed
from tests.unit.runbook.standins import DOMAIN_SID, PERSON_SID, deadline_in
from tests.unit.runbook.test_directory_entry import GUID
from tests.unit.runbook.test_directory_session import SETTINGS, Network, Step

HEAD: Step = (0, [("DC=lab,DC=example", {"objectSid": [sid_bytes(DOMAIN_SID)]})])
ROOT: Step = (0, [("", {"rootDomainNamingContext": [b"dc=Lab, dc=Example"]})])


def domain(*steps: Step) -> tuple[LdapDomain, Network]:
    network = Network(list(steps))
    return LdapDomain(SETTINGS, network, deadline_in(600)), network


def test_a_domain_knows_its_sid_and_its_forest() -> None:
    ad, network = domain(HEAD, ROOT)

    assert ad.own_names() == (DOMAIN_SID, "dc=lab,dc=example")
    assert [asked[1:4:2] for asked in network.connections[0].asked] == [(SETTINGS.base, "BASE"), ("", "BASE")]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([(32, [])], "reading DC=lab,DC=example failed"),
        ([(0, [])], "reading DC=lab,DC=example failed"),
        ([(0, [("DC=lab,DC=example", {})])], "attribute objectsid is not readable"),
        ([HEAD, (52, [])], "reading the own entry of the server failed"),
        ([HEAD, (0, [("", {})])], "attribute rootdomainnamingcontext is not readable"),
    ],
)
def test_a_domain_that_does_not_tell_what_it_is_cannot_be_used(steps: list[Step], message: str) -> None:
    with pytest.raises(Failed, match=message):
        domain(*steps)[0].own_names()


def test_the_name_of_an_account_is_asked_by_its_sid() -> None:
    ad, network = domain((0, [("CN=Ada,DC=lab", {"objectSid": [sid_bytes(PERSON_SID)]})]), (32, []), (10, []))

    assert [ad.dn_of(PERSON_SID) for _ in range(3)] == ["CN=Ada,DC=lab", "", ""]
    assert network.connections[0].asked[0][1] == f"<SID={PERSON_SID}>"


@pytest.mark.parametrize("step", [(0, []), (50, []), (52, [])])
def test_an_account_that_is_not_told_is_not_taken_for_gone(step: Step) -> None:
    with pytest.raises(Failed, match=f"reading account {PERSON_SID} failed"):
        domain(step)[0].dn_of(PERSON_SID)


@pytest.mark.parametrize(
    ("dn", "asked"),
    [
        ("CN=Ada (L)\\, *,DC=child", "(member=CN=Ada \\28L\\29\\5c, \\2a,DC=child)"),
        ("", f"(member=CN={PERSON_SID},CN=ForeignSecurityPrincipals,DC=lab,DC=example)"),
    ],
)
def test_the_groups_of_somebody_from_elsewhere_are_asked_for_their_members(dn: str, asked: str) -> None:
    ad, network = domain((0, [("CN=Team", {"objectGUID": [uuid.UUID(GUID).bytes_le]})]))

    assert ad.groups_with(PERSON_SID, dn) == {GUID}
    assert network.connections[0].asked[0][1:4] == (SETTINGS.base, f"(&(objectClass=group){asked})", "SUBTREE")


@pytest.mark.parametrize("code", [4, 10, 32, 50, 52])
def test_groups_that_are_not_told_wholly_are_an_error(code: int) -> None:
    with pytest.raises(Failed, match=f"searching the groups of {PERSON_SID} under DC=lab,DC=example failed"):
        domain((code, []))[0].groups_with(PERSON_SID)
