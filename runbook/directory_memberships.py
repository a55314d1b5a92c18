"""The LDAP wire of jobs that look at everybody: whole groups, many accounts, and many members in one write.

Costs one operation for every 50 groups and for every further 1,500 members, one for every 100 accounts, one for each
write.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from runbook.deadline import Deadline
from runbook.directory import Answer, Group
from runbook.directory_connection import connect
from runbook.directory_entry import group_filters, guid_dn, guid_in, sid_dn
from runbook.directory_range import (
    ACCOUNT_ATTRIBUTES,
    MEMBERS_ARE_SHOWN,
    account_filters,
    range_attribute,
    read_account,
    read_range,
)
from runbook.directory_session import Connector, LdapDirectory
from runbook.identity import Secret
from runbook.membership import Account, Members
from runbook.outcome import Failed
from runbook.settings import DirectorySettings

_MOST_READINGS = 3  # of a group that is changed while it is read
_GROUPS_AT_ONCE = 50  # so that what was read ahead stays small, however large the groups are


def open_memberships(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> LdapMemberships:
    """The directory of the settings, connected.

    Raises:
        Failed, DeadlinePassed: see `connect`.
    """
    return LdapMemberships(settings, lambda servers: connect(servers, settings, password, deadline), deadline)


class LdapMemberships(LdapDirectory):
    """`Memberships` of one domain over LDAP; `step` members of a group are asked for at a time.

    Without it, as many as the server gives: AD 1,500, Samba all, which otherwise reads all of them for each range.
    """

    def __init__(
        self, settings: DirectorySettings, connector: Connector, deadline: Deadline, step: int | None = None
    ) -> None:
        super().__init__(settings, connector, deadline)
        self._step = step
        self._expected: dict[str, Group] = {}
        self._ahead: dict[str, Members] = {}

    def expect(self, groups: Iterable[Group]) -> None:
        """See `Memberships.expect`."""
        self._expected = {group.guid: group for group in groups}
        self._ahead.clear()

    def members(self, group: Group) -> Members:
        """See `Memberships.members`."""
        if group.guid in self._expected:
            self._read_ahead()
        if group.guid in self._ahead:
            return self._ahead.pop(group.guid)
        for _ in range(_MOST_READINGS):
            found = self._members(group)
            if found is not None:
                return found
        raise Failed(f"AD: group {group} was changed each time while its members were read; run the job again")

    def accounts(self, sids: frozenset[str]) -> dict[str, Account]:
        """See `Memberships.accounts`."""
        known: dict[str, Account] = {}
        for condition in account_filters(sids):
            code, entries = self._search(self._settings.base, condition, "SUBTREE", ACCOUNT_ATTRIBUTES)
            if code != 0:
                raise Failed(f"AD: searching accounts under {self._settings.base} failed: {self._said()}")
            for dn, attributes in entries:
                account = read_account(dn, attributes)
                if account:
                    known[account.sid] = account
        return known

    def write(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        """See `Memberships.write`. A SID that is named twice counts once: Samba would store it twice."""
        return self.write_values(group, tuple(map(sid_dn, add)), tuple(map(sid_dn, remove)))

    def write_values(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        """The same with members as AD takes them: `<SID=...>`, or the DN of one of another domain."""
        self.expect(())
        changes = (("MODIFY_DELETE", remove), ("MODIFY_ADD", add))
        return self._modify(group, [(action, list(dict.fromkeys(values))) for action, values in changes if values])

    def _read_ahead(self) -> None:
        """Reads the next of the expected groups in one search; those that it does not tell wholly are left out."""
        groups = dict(list(self._expected.items())[:_GROUPS_AT_ONCE])
        for guid in groups:
            del self._expected[guid]
        (named,) = group_filters((), groups)
        attributes = ["objectGUID", range_attribute(0, self._step)]
        condition = f"(&{named}{MEMBERS_ARE_SHOWN})"
        code, entries = self._search(self._settings.base, condition, "SUBTREE", attributes, extended=True)
        for _, found in entries if code == 0 else ():
            with suppress(Failed):  # it is told when that group is asked for alone
                guid = guid_in(found, "a group")
                part = read_range(found, str(groups[guid]))
                if part and part.next is None:
                    self._ahead[guid] = Members(frozenset(part.sids), part.nameless)

    def _members(self, group: Group) -> Members | None:
        """The members, read once from the first to the last; None when the group was changed meanwhile."""
        sids: set[str] = set()
        nameless, before, server = 0, None, None
        while True:
            wanted = range_attribute((before.next if before else None) or 0, self._step)
            code, entries = self._search(guid_dn(group.guid), MEMBERS_ARE_SHOWN, "BASE", [wanted], extended=True)
            if before and (code != 0 or self._server is not server):
                return None  # past the end, or the rest is another server's, which may see other members
            if code != 0:
                raise Failed(f"AD: reading the members of group {group} failed: {self._said()}")
            if len(entries) != 1:
                raise Failed(f"AD does not show the members of group {group}; let the bind account read its member")
            part = read_range(entries[0][1], str(group), before)
            if part is None:
                return None
            sids.update(part.sids)
            nameless += part.nameless
            if part.next is None:
                return Members(frozenset(sids), nameless)
            before, server = part, self._server
