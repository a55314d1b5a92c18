"""The LDAP wire of one domain among several: what it is, and which of its groups people of other domains are in."""

from __future__ import annotations

from runbook.deadline import Deadline
from runbook.directory_connection import connect
from runbook.directory_entry import (
    filter_value,
    guid_in,
    lower_names,
    sid_dn,
    sid_text,
    single,
)
from runbook.directory_memberships import LdapMemberships
from runbook.distinguished_name import canonical_dn
from runbook.identity import Secret
from runbook.outcome import Failed
from runbook.settings import DirectorySettings

_ABSENT = {10, 32}  # referral: AD takes the SID for another domain's; no such object


def open_domain(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> LdapDomain:
    """The directory of the settings, connected.

    Raises:
        Failed, DeadlinePassed: see `connect`.
    """
    return LdapDomain(settings, lambda servers: connect(servers, settings, password, deadline), deadline)


class LdapDomain(LdapMemberships):
    """`Memberships` of one domain that knows of others."""

    def own_names(self) -> tuple[str, str]:
        """The domain's SID, and the comparable DN of the first domain of its forest.

        Raises:
            Failed: AD did not tell.
        """
        own = sid_text(self._one(self._settings.base, "objectSid"))
        return own, canonical_dn(self._one("", "rootDomainNamingContext").decode())

    def dn_of(self, sid: str) -> str:
        """The DN of the account with that SID; empty when there is none.

        Raises:
            Failed: AD did not tell.
        """
        code, entries = self._search(sid_dn(sid), "(objectClass=*)", "BASE", ["objectSid"])
        if code in _ABSENT:
            return ""
        if code != 0 or len(entries) != 1:
            raise Failed(f"AD: reading account {sid} failed: {self._said()}")
        return entries[0][0]

    def groups_with(self, sid: str, dn: str = "") -> frozenset[str]:
        """The GUIDs of the groups that an account of another domain is in; `dn` is its own if it is of this forest.

        For one of another forest stands an object that is named by its SID. Asked are the groups: whose members that
        object is may be read, what it says of itself (memberOf) mostly not.

        Raises:
            Failed: AD did not tell, or not wholly.
        """
        member = dn or f"CN={sid},CN=ForeignSecurityPrincipals,{self._settings.base}"
        condition = f"(&(objectClass=group)(member={filter_value(member)}))"
        code, entries = self._search(self._settings.base, condition, "SUBTREE", ["objectGUID"])
        if code != 0:
            raise Failed(f"AD: searching the groups of {sid} under {self._settings.base} failed: {self._said()}")
        return frozenset(guid_in(attributes, name) for name, attributes in entries)

    def _one(self, base: str, attribute: str) -> bytes:
        where = base or "the own entry of the server"
        code, entries = self._search(base, "(objectClass=*)", "BASE", [attribute])
        if code != 0 or len(entries) != 1:
            raise Failed(f"AD: reading {where} failed: {self._said()}")
        return single(lower_names(entries[0][1]), attribute.lower(), where)
