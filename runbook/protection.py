"""Who and what is never touched, whatever the mapping says. Nothing here reads or writes anything."""

from __future__ import annotations

from runbook.directory import Group, Person
from runbook.membership import Account
from runbook.safety import Safety

_FIRST_FREE_RID = 1000  # below, Windows keeps its own accounts and groups: Domain Admins is 512
_BUILTIN = "S-1-5-32-"


def why_person_is_protected(person: Person | Account, protected_users: frozenset[str]) -> str:
    """The reason not to touch this account, or an empty text. `protected_users` are SIDs in upper case."""
    if person.sid in protected_users:
        return "is in the list protected_users"
    if person.admin_count:
        return "is privileged (adminCount=1; clear it in AD if the person no longer is)"
    if is_built_in(person.sid):
        return "is a built-in account"
    return ""


def why_group_is_protected(group: Group, safety: Safety) -> str:
    """The reason not to touch this group, or an empty text."""
    names = group.names()
    if any((name.form, name.key) in names for name in safety.protected_groups):
        return "is in the list protected_groups"
    if is_built_in(group.sid):
        return "is a built-in group"
    if group.admin_count:
        return "is privileged (adminCount=1)"
    if group.cloud_owned:
        return "is owned by Entra (msDS-ObjectSoa)"
    if not group.security and not safety.distribution_groups:
        return "is a distribution group (safety.distribution_groups is off)"
    return ""


def is_built_in(sid: str) -> bool:
    """Whether Windows itself keeps the account or group."""
    return sid.startswith(_BUILTIN) or int(sid.rpartition("-")[2]) < _FIRST_FREE_RID
