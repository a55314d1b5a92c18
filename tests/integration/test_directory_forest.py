"""Several domains through the runbook's wire: of two forests and of one, embedded; of two forests on two Sambas."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.population import Account, Group, Population, Realm
from provision.sandbox.directory.samba import SambaDirectory
from runbook.apply import apply
from runbook.deadline import Deadline
from runbook.directory import Change
from runbook.directory import Group as FoundGroup
from runbook.directory_connection import AccountRejected
from runbook.forest import open_forest
from runbook.group_name import parse_group_name
from runbook.identity import Secret
from runbook.main import SystemClock
from runbook.membership import Memberships
from runbook.outcome import Absent, Failed, Refused
from runbook.reconcile import Plan
from runbook.settings import DirectoryServer, DirectorySettings

CORP = Realm("CORP", "corp.lab.example", "S-1-5-21-1234567890-2345678901-3456789012")
CHILD = Realm("CORP", "corp.lab.example", CORP.sid, forest=seed.BASE)
UNKNOWN = "S-1-5-21-6-6-6-1234"
GROUPS = (
    Group("Team"),
    Group("Local", scope="domain_local"),
    Group("Wide", scope="universal"),
    Group("Guest Local", ("visitor",), scope="domain_local"),
)
HERE = (Account("ada", "Ada (L), Lovelace"), Account("visitor", "Visitor L"))
THERE = (Account("eve", "Eve"), Account("visitor", "Visitor C"))


@pytest.fixture(scope="module", params=["two forests", "one forest", pytest.param("samba", marks=pytest.mark.samba)])
def how(request: pytest.FixtureRequest) -> str:
    """What the two domains are to each other, and what plays them."""
    return str(request.param)


@pytest.fixture(scope="module")
def domains(
    how: str,
    certificates: CertificateAuthority,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Any, Any]]:
    """LAB and CORP, listening."""
    populations = Population(HERE, GROUPS), Population(THERE, GROUPS, CHILD if how == "one forest" else CORP)
    certificate = certificates.server_certificate()
    both: tuple[Any, Any]
    if how == "samba":
        request.getfixturevalue("samba")
        first, second = (SambaDirectory(tmp_path_factory.mktemp("ad"), certificate, 0, each) for each in populations)
        both = first, second
    else:
        lab, corp = (EmbeddedDirectory(certificate, 0, each) for each in populations)
        if how == "one forest":
            lab.know(corp)
            corp.know(lab)
        both = lab, corp
    try:
        for domain in both:
            domain.start()
        yield both
    finally:
        for domain in both:
            domain.stop()


@pytest.fixture
def forest(domains: tuple[Any, Any], certificates: CertificateAuthority) -> Iterator[Memberships]:
    """Both, opened as a job does."""
    deadline = Deadline(datetime.now(UTC) + timedelta(seconds=130), SystemClock())
    opened = open_forest(tuple(settings(each, certificates) for each in domains), deadline)
    yield opened
    opened.close()


def settings(domain: Any, certificates: CertificateAuthority) -> tuple[DirectorySettings, Secret]:
    server = DirectoryServer(
        "localhost", int(domain.url.rpartition(":")[2]), start_tls=False, certificate_name="localhost"
    )
    name = "LAB" if domain.base == seed.BASE else "Corp"
    found = DirectorySettings((server,), domain.base, name, str(certificates.ca_file), "simple", domain.bind_user, None)
    return found, Secret(domain.bind_password)


def named(forest: Memberships, name: str) -> FoundGroup:
    (group,) = forest.groups(frozenset({parse_group_name(name)}), frozenset())
    return group


def test_a_group_is_of_the_domain_in_front_of_its_name(forest: Memberships, domains: tuple[Any, Any]) -> None:
    lab, corp = domains
    here, there = named(forest, "Team"), named(forest, "CORP\\team")

    assert (here.sid, here.domain, here.dn) == (lab.sid_of("Team"), "lab", f"CN=Team,OU=Groups,{lab.base}")
    assert (there.sid, there.domain, there.dn) == (corp.sid_of("Team"), "corp", f"CN=Team,OU=Groups,{corp.base}")
    for name in (there.guid, there.sid, there.dn):
        assert named(forest, name) == there
    assert forest.groups(frozenset(), frozenset({here.guid, there.guid})) == (here, there)
    assert forest.groups(frozenset({parse_group_name("OTHER\\Team")}), frozenset()) == ()


@pytest.mark.parametrize("scope", ["Local", "Wide"])
def test_somebody_of_one_domain_goes_in_and_out_of_a_group_of_the_other(
    forest: Memberships, domains: tuple[Any, Any], how: str, scope: str
) -> None:
    ada, group = domains[0].sid_of("ada"), named(forest, f"CORP\\{scope}")
    if how == "two forests" and scope == "Wide":
        assert forest.write(group, (ada,), ()).kind == "unclear"  # universal groups have members of their forest only
        return

    assert forest.write(group, (ada,), ()).kind == "done"
    assert forest.members(group).sids == {ada}
    assert forest.person(ada).member_of == {group.guid}
    forest.expect((named(forest, "Team"), group))
    assert forest.members(group).sids == {ada}

    assert forest.write(group, (), (ada,)).kind == "done"
    assert len(forest.members(group)) == 0
    assert forest.person(ada).member_of == frozenset()


def test_a_job_of_one_person_does_the_same(forest: Memberships, domains: tuple[Any, Any]) -> None:
    eve, group = domains[1].sid_of("eve"), named(forest, "LAB\\Local")
    deadline = Deadline(datetime.now(UTC) + timedelta(seconds=70), SystemClock())

    for change in (Change(group, add=True), Change(group, add=False)):
        plan = Plan(add=(change,)) if change.add else Plan(remove=(change,))
        for _ in range(2):
            applied = apply(plan, eve, forest, deadline)
            assert applied.problems == []
            assert (group.guid in forest.person(eve).member_of) == change.add


def test_people_keep_the_groups_of_their_own_domain(forest: Memberships, domains: tuple[Any, Any]) -> None:
    for domain, name in zip(domains, ("LAB", "CORP"), strict=True):
        person = forest.person(domain.sid_of("visitor"))
        assert person.member_of == {named(forest, f"{name}\\Guest Local").guid}
        assert person.primary_group == f"{person.sid.rpartition('-')[0]}-513"


def test_a_global_group_takes_nobody_of_another_domain(forest: Memberships, domains: tuple[Any, Any], how: str) -> None:
    answer = forest.write(named(forest, "CORP\\Team"), (domains[0].sid_of("ada"),), ())

    assert answer.kind == {"samba": "done"}.get(how, "unclear")  # Samba knows no such rule


def test_accounts_are_looked_up_in_the_domain_of_their_sid(forest: Memberships, domains: tuple[Any, Any]) -> None:
    ada, eve = domains[0].sid_of("ada"), domains[1].sid_of("eve")
    group = named(forest, "CORP\\Guest Local")
    assert forest.write(group, (ada,), ()).kind == "done"  # there is an object with her SID in CORP now, too

    known = forest.accounts(frozenset({ada, eve, UNKNOWN, f"{CORP.sid}-99999"}))

    assert {sid: account.name for sid, account in known.items()} == {ada: "ada", eve: "eve"}
    assert forest.write(group, (), (ada,)).kind == "done"


def test_who_is_of_no_domain_is_refused_and_who_is_not_there_is_absent(forest: Memberships) -> None:
    with pytest.raises(Refused, match="is of none of the domains LAB, CORP"):
        forest.person(UNKNOWN)
    with pytest.raises(Absent, match=r"no account with SID .* in DC=corp,DC=lab,DC=example"):
        forest.person(f"{CORP.sid}-99999")


def test_one_domain_twice_is_refused(domains: tuple[Any, Any], certificates: CertificateAuthority) -> None:
    deadline = Deadline(datetime.now(UTC) + timedelta(seconds=70), SystemClock())
    one = settings(domains[0], certificates)

    with pytest.raises(Failed, match="one SID"):
        open_forest((one, one), deadline)


def test_when_one_domain_cannot_be_used_the_other_is_left(
    domains: tuple[Any, Any], certificates: CertificateAuthority, how: str
) -> None:
    deadline = Deadline(datetime.now(UTC) + timedelta(seconds=70), SystemClock())
    good, (wrong, _) = (settings(each, certificates) for each in domains)

    with pytest.raises(AccountRejected, match="AD refused the bind account"):
        open_forest((good, (wrong, Secret("not it"))), deadline)
    if how != "samba":
        patience = time.monotonic() + 10
        while domains[0].journal[-1].operation != "farewell":
            assert time.monotonic() < patience
            time.sleep(0.01)
