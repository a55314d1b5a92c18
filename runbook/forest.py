"""Several domains, of one forest or of several, asked as if they were one.

Each has its own domain controllers, of which one is used in a run. Who is of which domain is told by the SID; which
group is of which by the name in front of it. Talks through `directory_domain` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from runbook.deadline import Deadline
from runbook.directory import Answer, Change, Group, Person
from runbook.directory_domain import LdapDomain, open_domain
from runbook.directory_entry import sid_dn
from runbook.directory_memberships import open_memberships
from runbook.distinguished_name import fold
from runbook.group_name import GroupName
from runbook.identity import Secret
from runbook.membership import Account, Members, Memberships
from runbook.outcome import Failed, Refused
from runbook.settings import DirectorySettings


def open_forest(domains: tuple[tuple[DirectorySettings, Secret | None], ...], deadline: Deadline) -> Memberships:
    """The domains, connected, the first one being that of names without a domain; a single one is itself.

    Raises:
        Failed, DeadlinePassed: one of them cannot be used; see `connect`.
    """
    if len(domains) == 1:
        ((settings, password),) = domains
        return open_memberships(settings, password, deadline)
    opened: list[Domain] = []
    try:
        for settings, password in domains:
            opened.append(_opened(settings, password, deadline))
        return Forest(tuple(opened))
    except BaseException:
        for domain in opened:
            domain.directory.close()
        raise


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain: its folded NetBIOS name, its SID, the DN of its forest's first domain, and the way into it."""

    name: str
    sid: str
    forest: str
    directory: LdapDomain


class Forest:
    """`Memberships` of several domains."""

    def __init__(self, domains: tuple[Domain, ...]) -> None:
        """Raises: Failed when two of the domains are the same one."""
        self._domains = domains
        self._named = {domain.name: domain for domain in domains}
        self._by_sid = {domain.sid: domain for domain in domains}
        if len(self._by_sid) < len(domains):
            raise Failed("two domains of the settings have one SID: they are the same; remove one of other_directories")

    @property
    def server(self) -> str:
        """See `Memberships.server`."""
        return self._domains[0].directory.server

    def server_of(self, group: Group) -> str:
        """See `Directory.server_of`."""
        return self._named[group.domain].directory.server

    def person(self, sid: str) -> Person:
        """See `Directory.person`; with the groups of every domain.

        Raises:
            Absent: there is none in the domain of that SID.
            Refused: the SID is of another domain than these.
            Failed: AD did not tell, or not wholly.
        """
        home = self._home(sid)
        if not home:
            names = ", ".join(domain.name.upper() for domain in self._domains)
            raise Refused(f"SID {sid} is of none of the domains {names}; add its domain to other_directories")
        person = home.directory.person(sid)
        elsewhere = [self._groups_elsewhere(sid, home, domain) for domain in self._domains if domain is not home]
        return replace(person, member_of=person.member_of.union(*elsewhere))

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        """See `Directory.groups`; a name without a domain is of the first one."""
        found: list[Group] = []
        main = self._domains[0].name
        for domain in self._domains:
            own = frozenset(name for name in names if name.form != "account" or (name.domain or main) == domain.name)
            if own or guids:
                found += domain.directory.groups(own, guids)
        return tuple(found)

    def change(self, change: Change, sid: str) -> Answer:
        """See `Directory.change`."""
        return self.write(change.group, (sid,) if change.add else (), () if change.add else (sid,))

    def expect(self, groups: Iterable[Group]) -> None:
        """See `Memberships.expect`."""
        expected = list(groups)
        for domain in self._domains:
            domain.directory.expect(group for group in expected if group.domain == domain.name)

    def members(self, group: Group) -> Members:
        """See `Memberships.members`."""
        return self._named[group.domain].directory.members(group)

    def accounts(self, sids: frozenset[str]) -> dict[str, Account]:
        """See `Memberships.accounts`; each is looked up in the domain of its SID."""
        known: dict[str, Account] = {}
        for domain in self._domains:
            known |= domain.directory.accounts(frozenset(sid for sid in sids if self._home(sid) is domain))
        return known

    def write(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        """See `Memberships.write`; it is written in the group's domain."""
        domain = self._named[group.domain]
        try:
            values = [tuple(self._value(sid, domain) for sid in sids) for sids in (add, remove)]
        except Failed as error:
            return Answer("declined", str(error))
        return domain.directory.write_values(group, *values)

    def close(self) -> None:
        """Ends every connection."""
        for domain in self._domains:
            domain.directory.close()

    def _home(self, sid: str) -> Domain | None:
        return self._by_sid.get(sid.rpartition("-")[0])

    def _groups_elsewhere(self, sid: str, home: Domain, domain: Domain) -> frozenset[str]:
        if home.forest != domain.forest:
            return domain.directory.groups_with(sid)
        dn = home.directory.dn_of(sid)
        if not dn:
            raise Failed(f"AD: account {sid} disappeared while it was read; run the job again")
        return domain.directory.groups_with(sid, dn)

    def _value(self, sid: str, domain: Domain) -> str:
        """How the account is named as a member in that domain: within a forest by DN, otherwise by SID.

        From the SID of an account of another forest AD makes a foreignSecurityPrincipal; from that of an account of
        the same forest it must not (MS-SAMR 3.1.1.8.9).

        Raises:
            Failed: AD did not tell the DN.
        """
        home = self._home(sid)
        if not home or home is domain or home.forest != domain.forest:
            return sid_dn(sid)
        return home.directory.dn_of(sid) or sid_dn(sid)


def _opened(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> Domain:
    """The domain, connected, and what it is."""
    directory = open_domain(settings, password, deadline)
    try:
        sid, forest = directory.own_names()
    except BaseException:
        directory.close()
        raise
    return Domain(fold(settings.domain), sid, forest, directory)
