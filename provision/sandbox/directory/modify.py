"""Changes of `member`, all or nothing, by the rules of Active Directory (MS-ADTS 3.1.1.5.3, MS-SAMR 3.1.1.8.9).

No other attribute can be written: nobody here has the right.
"""

from __future__ import annotations

from uuid import UUID

from provision.sandbox.directory import refusal
from provision.sandbox.directory.domain import SCOPE_BITS, make_object
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.reference import ByGuid, BySid, Reference, look_up, parse, resolve
from provision.sandbox.directory.request import Change, Modify
from provision.sandbox.directory.schema import ATTRIBUTES
from provision.sandbox.directory.store import Entry, Store

_ALIASES = "S-1-5-32-"
_TOO_WIDE = {
    ("global", "domain_local"): "00002144",
    ("global", "universal"): "00002145",
    ("universal", "domain_local"): "00002146",
}


def modify(store: Store, account: Entry, request: Modify, *, permissive: bool) -> None:
    """Apply all changes, or none.

    With `permissive` a value that is there already, or not there to be removed, is no error (MS-ADTS 3.1.1.3.4.1.8).

    Raises:
        Refused: the first change that cannot be made.
    """
    group = resolve(store, request.name)
    changes = [(change, _entries(store, change)) for change in request.changes]
    if not store.may_write(account, group) or any(change.attribute.lower() != "member" for change in request.changes):
        raise refusal.no_rights()
    members = dict.fromkeys(store.members(group))
    for change, entries in changes:
        _apply(store, members, group, change, entries, permissive=permissive)
    for _, entries in changes:
        for entry in entries:
            if entry.guid in members and store.by_guid(entry.guid) is None:
                store.add(entry)
    store.set_members(group, members)


def _apply(  # noqa: PLR0913 - one step of `modify`, with what that knows
    store: Store, members: dict[UUID, None], group: Entry, change: Change, entries: list[Entry], *, permissive: bool
) -> None:
    if len({entry.guid for entry in entries}) < len(entries):
        raise refusal.named_twice()
    if change.action == "delete":
        _delete(members, group, entries, permissive=permissive)
        return
    if change.action == "replace":
        members.clear()
    for entry in entries:
        _check_scope(store, group, entry)
        if entry.guid in members or _is_primary(group, entry):
            if permissive:
                continue
            raise refusal.already_member()
        members[entry.guid] = None


def _delete(members: dict[UUID, None], group: Entry, entries: list[Entry], *, permissive: bool) -> None:
    if not entries:
        if not members and not permissive:
            raise refusal.nothing_to_delete()
        members.clear()
    for entry in entries:
        if entry.guid in members:
            del members[entry.guid]
        elif not permissive or _is_primary(group, entry):
            raise refusal.not_a_member()


def _entries(store: Store, change: Change) -> list[Entry]:
    """The objects that the values name; a principal of another domain that is new is made, but not yet stored."""
    attribute = ATTRIBUTES.get(change.attribute.lower())
    if attribute is None:
        raise refusal.no_such_attribute(change.attribute)
    return [_entry(store, change, value) for value in change.values] if attribute.name == "member" else []


def _entry(store: Store, change: Change, value: bytes) -> Entry:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise refusal.bad_name(value.decode(errors="replace")) from error
    reference = parse(text)
    entry = look_up(store, reference)
    if entry is not None and (store.holds(entry) or not isinstance(reference, BySid)):
        return entry
    return _absent(store, change, reference, text)


def _absent(store: Store, change: Change, reference: Reference, text: str) -> Entry:
    own = tuple(f"{realm.sid}-" for realm in (store.realm, *(other.realm for other in store.neighbours)))
    match reference:
        case BySid(sid) if sid.startswith((*own, _ALIASES)):
            raise refusal.unknown_sid()
        case BySid() if change.action == "delete":
            raise refusal.not_a_member()
        case BySid(sid):
            return make_object(
                store.head.child("CN", "ForeignSecurityPrincipals").child("CN", sid), "foreignSecurityPrincipal", sid
            )
        case Name() if change.action == "delete":
            raise refusal.no_such_link()
        case Name() if (neighbour := store.of_neighbour(reference)) is not None:
            return neighbour
        case ByGuid() | Name():
            raise refusal.no_such_value(text)


def _check_scope(store: Store, group: Entry, entry: Entry) -> None:
    """A global group has members of its own domain only, a universal one of its forest."""
    other_forest = entry.is_a("foreignSecurityPrincipal")
    other_domain = any(other.by_guid(entry.guid) for other in store.neighbours)
    if (other_forest and _scope(group) != "domain_local") or (other_domain and _scope(group) == "global"):
        raise refusal.foreign_member()
    if entry.is_a("group"):
        win32 = _TOO_WIDE.get((_scope(group), _scope(entry)))
        if win32 is not None:
            raise refusal.wrong_scope(win32)


def _scope(group: Entry) -> str:
    return next(scope for scope, bit in SCOPE_BITS.items() if group.number("groupType") & bit)


def _is_primary(group: Entry, entry: Entry) -> bool:
    number = entry.number("primaryGroupID")
    return number > 0 and group.sid == f"{entry.sid.rpartition('-')[0]}-{number}"
