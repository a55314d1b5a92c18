"""The LDAP wire in use: reads one person and their groups, writes one membership at a time.

Costs one operation for the person, one for the groups, one for each change.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from runbook.deadline import Deadline
from runbook.directory import Answer, Change, Group, Person
from runbook.directory_connection import AccountRejected, LdapConnection, connect, connection_errors
from runbook.directory_entry import (
    EXTENDED_DN,
    GROUP_ATTRIBUTES,
    GROUPS_ARE_SHOWN,
    PERMISSIVE_MODIFY,
    PERSON_ATTRIBUTES,
    group_filters,
    guid_dn,
    object_classes,
    plain_dn,
    read_group,
    read_person,
    sid_dn,
)
from runbook.distinguished_name import is_under
from runbook.group_name import GroupName
from runbook.identity import Secret
from runbook.outcome import Absent, Failed, Refused, cut
from runbook.settings import DirectoryServer, DirectorySettings

_DONE = 0
_REFERRAL = 10
_NO_SUCH_OBJECT = 32
_NO_RIGHT = 50
_BUSY_CODES = {51, 52}  # busy, unavailable
_UNCLEAR = {16, 20, 53, 68}  # already so, or a rule of AD: the codes do not tell which


Connector = Callable[[tuple[DirectoryServer, ...]], tuple[DirectoryServer, LdapConnection]]
"""Gives a bound connection to the first of the servers that answers; see `connect`."""


def open_directory(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> LdapDirectory:
    """The directory of the settings, connected.

    Raises:
        Failed, DeadlinePassed: see `connect`.
    """
    return LdapDirectory(settings, lambda servers: connect(servers, settings, password, deadline), deadline)


class LdapDirectory:
    """A `Directory` over LDAP.

    A broken connection is opened again when it is next used: to whichever server answers as long as nothing has been
    written, and then only to the server that was written to, because the others learn of it later.
    """

    def __init__(self, settings: DirectorySettings, connector: Connector, deadline: Deadline) -> None:
        self._settings = settings
        self._connector = connector
        self._deadline = deadline
        self._servers = settings.servers
        self._server, self._connection = connector(settings.servers)
        self._closed = False
        self._rejected: AccountRejected | None = None

    @property
    def server(self) -> str:
        """See `Directory.server`."""
        return str(self._server)

    def server_of(self, group: Group) -> str:
        """See `Directory.server_of`."""
        del group  # all are of the one domain
        return self.server

    def person(self, sid: str) -> Person:
        """See `Directory.person`."""
        code, entries = self._search(sid_dn(sid), GROUPS_ARE_SHOWN, "BASE", PERSON_ATTRIBUTES, extended=True)
        if code in {_NO_SUCH_OBJECT, _REFERRAL}:
            raise Absent(f"AD has no account with SID {sid} in {self._settings.base}")
        if code == _DONE and not entries:
            raise Failed(f"AD does not show which groups account {sid} is in; let the bind account read its memberOf")
        if code != _DONE or len(entries) != 1:
            raise Failed(f"AD: reading account {sid} failed: {self._said()}")
        dn, attributes = entries[0]
        if "user" not in object_classes(attributes) or not is_under(plain_dn(dn), self._settings.base):
            raise Refused(f"SID {sid} is no user account of {self._settings.base}; it may be of another domain")
        return read_person(attributes, sid)

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        """See `Directory.groups`."""
        found: dict[str, Group] = {}
        for condition in group_filters(names, guids):
            code, entries = self._search(self._settings.base, condition, "SUBTREE", GROUP_ATTRIBUTES)
            if code != _DONE:
                raise Failed(f"AD: searching groups under {self._settings.base} failed: {self._said()}")
            for dn, attributes in entries:
                group = read_group(dn, attributes, self._settings.domain)
                found[group.guid] = group
        return tuple(found.values())

    def change(self, change: Change, sid: str) -> Answer:
        """See `Directory.change`."""
        return self._modify(change.group, [("MODIFY_ADD" if change.add else "MODIFY_DELETE", [sid_dn(sid)])])

    def close(self) -> None:
        """Says goodbye; an error then changes nothing any more."""
        self._closed = True
        with suppress(connection_errors(), OSError):
            self._connection.unbind()

    def _modify(self, group: Group, changes: list[tuple[str, list[str]]]) -> Answer:
        """Writes changes of `member`; from now on only this server is used."""
        try:
            connection = self._open()
        except Failed as error:
            return Answer("declined", str(error))
        self._servers = (self._server,)
        try:
            connection.modify(guid_dn(group.guid), {"member": changes}, controls=[PERMISSIVE_MODIFY])
        except connection_errors() as error:
            self.close()
            return Answer("lost", f"the connection to AD broke ({cut(str(error), 80)})")
        return self._answer(connection.result["result"])

    def _answer(self, code: int) -> Answer:
        if code == _DONE:
            return Answer("done")
        if code == _NO_RIGHT:
            account = self._settings.user or "the bind account"
            return Answer("declined", f"{account} has no right to change its members; delegate 'write member' on it")
        if code in _BUSY_CODES:
            return Answer("lost", self._said())
        return Answer("unclear" if code in _UNCLEAR else "declined", self._said())

    def _search(
        self, base: str, condition: str, scope: str, attributes: list[str], *, extended: bool = False
    ) -> tuple[int, list[tuple[str, dict[str, list[bytes]]]]]:
        """The result code and the entries; a search that breaks off is made a second time from its beginning."""
        controls = [EXTENDED_DN] if extended else None
        try:
            self._open().search(base, condition, scope, attributes=attributes, controls=controls)
        except connection_errors():
            self.close()
            try:
                self._open().search(base, condition, scope, attributes=attributes, controls=controls)
            except connection_errors() as error:
                raise Failed(f"AD: the connection broke twice while reading ({cut(str(error), 80)})") from error
        entries = [entry for entry in self._connection.response or [] if entry["type"] == "searchResEntry"]
        return self._connection.result["result"], [(entry["dn"], dict(entry["raw_attributes"])) for entry in entries]

    def _open(self) -> LdapConnection:
        self._deadline.limit(1, "asking AD")
        if self._rejected:
            raise self._rejected
        if self._closed:
            try:
                self._server, self._connection = self._connector(self._servers)
            except AccountRejected as error:
                self._rejected = error
                raise
            self._closed = False
        return self._connection

    def _said(self) -> str:
        """The last operation's result in AD's words."""
        result = self._connection.result
        return cut(f"{result['description']} {result['message']}", 120)
