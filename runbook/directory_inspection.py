"""The LDAP wire of a check: reads what a server, its groups and its people show the bind account. Writes nothing.

`allowedAttributesEffective` (MS-ADTS 3.1.1.4.5.22) names the attributes that the asker may write. It is absent where
there are none, and also at a server that does not know it; `allowedAttributes` tells the two apart.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from runbook.deadline import Deadline
from runbook.directory import Group
from runbook.directory_connection import connect
from runbook.directory_entry import GROUP_ATTRIBUTES, group_filters, guid_dn, read_group, sid_text
from runbook.directory_facts import GroupFacts, ServerFacts
from runbook.directory_session import LdapDirectory
from runbook.group_name import GroupName
from runbook.identity import Secret
from runbook.outcome import Failed
from runbook.protection import is_built_in
from runbook.settings import DirectorySettings

_WRITABLE = "allowedAttributesEffective"
_FACTS = [*GROUP_ATTRIBUTES, _WRITABLE]
_PEOPLE = "(&(objectClass=user)(!(objectClass=computer)))"
_SIZE_LIMIT_EXCEEDED = 4  # a large domain shows its first thousand accounts, which is enough


def inspect_directory(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> LdapInspection:
    """The directory of the settings, connected.

    Raises:
        Failed, DeadlinePassed: see `connect`.
    """
    return LdapInspection(settings, lambda servers: connect(servers, settings, password, deadline), deadline)


class LdapInspection(LdapDirectory):
    """An `InspectedDirectory` over LDAP."""

    def server_facts(self) -> ServerFacts:
        """See `InspectedDirectory.server_facts`."""
        code, entries = self._search("", "(objectClass=*)", "BASE", ["currentTime"])
        if code != 0 or len(entries) != 1:
            raise Failed(f"AD: reading the server's own entry failed: {self._said()}")
        socket: Any = self._connection.socket
        ends = socket.getpeercert().get("notAfter", "")
        return ServerFacts(
            tls=socket.version() or "",
            time=_instant_of(_first(entries[0][1], "currentTime")),
            certificate_ends=datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), timezone.utc) if ends else None,
        )

    def group_facts(self, names: frozenset[GroupName]) -> tuple[GroupFacts, ...]:
        """See `InspectedDirectory.group_facts`."""
        found: dict[str, tuple[str, dict[str, list[bytes]]]] = {}
        for condition in group_filters(names, ()):
            code, entries = self._search(self._settings.base, condition, "SUBTREE", _FACTS)
            if code != 0:
                raise Failed(f"AD: searching groups under {self._settings.base} failed: {self._said()}")
            found.update({dn: (dn, attributes) for dn, attributes in entries})
        told = self._tells_rights(found.values())
        domain = self._settings.domain
        return tuple(_group_facts(read_group(dn, each, domain), each, told=told) for dn, each in found.values())

    def some_people(self, most: int) -> tuple[str, ...]:
        """See `InspectedDirectory.some_people`."""
        code, entries = self._search(self._settings.base, _PEOPLE, "SUBTREE", ["objectSid", "adminCount"])
        if code not in {0, _SIZE_LIMIT_EXCEEDED}:
            raise Failed(f"AD: searching people under {self._settings.base} failed: {self._said()}")
        sids = [sid_text(_first(found, "objectSid")) for _, found in entries if _is_ordinary(found)]
        return tuple([sid for sid in sids if not is_built_in(sid)][:most])

    def _tells_rights(self, entries: Iterable[tuple[str, dict[str, list[bytes]]]]) -> bool:
        """Whether the server knows the attribute, so that its absence means "may write nothing"."""
        groups = list(entries)
        if not groups or any(_first(attributes, _WRITABLE) for _, attributes in groups):
            return True
        guid = read_group(*groups[0]).guid
        code, answer = self._search(guid_dn(guid), "(objectClass=*)", "BASE", ["allowedAttributes"])
        return code == 0 and any(_first(attributes, "allowedAttributes") for _, attributes in answer)


def _group_facts(group: Group, attributes: dict[str, list[bytes]], *, told: bool) -> GroupFacts:
    writable = {value.lower() for value in _values(attributes, _WRITABLE)}
    return GroupFacts(group, b"member" in writable if told else None)


def _is_ordinary(attributes: dict[str, list[bytes]]) -> bool:
    return bool(_first(attributes, "objectSid")) and _first(attributes, "adminCount") in {b"", b"0"}


def _instant_of(value: bytes) -> datetime | None:
    """A GeneralizedTime such as `20261123152308.0Z`; None when there is none."""
    try:
        return datetime.strptime(value.decode()[:14], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _first(attributes: dict[str, list[bytes]], name: str) -> bytes:
    return next(iter(_values(attributes, name)), b"")


def _values(attributes: dict[str, list[bytes]], name: str) -> list[bytes]:
    return next((values for key, values in attributes.items() if key.lower() == name.lower()), [])
