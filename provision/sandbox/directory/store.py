"""What the directory holds: entries, and who is a member of what.

Memberships are links between objects, not texts, so that both directions always agree. One thread at a time: callers
hold `lock`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from provision.sandbox.directory.identifier import guid_bytes, sid_bytes
from provision.sandbox.directory.name import Key, Name
from provision.sandbox.directory.population import LAB, Realm
from provision.sandbox.directory.schema import Attribute


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An object: `attributes` by lower-case name, without the links; `sid` is empty for what is no principal."""

    guid: UUID
    name: Name
    sid: str
    key: Key
    attributes: Mapping[str, tuple[bytes, ...]]

    @classmethod
    def new(cls, guid: UUID, name: Name, sid: str, attributes: Mapping[str, tuple[bytes, ...]]) -> Entry:
        """An entry with the attributes that follow from its name and its identifiers."""
        own = {"objectguid": (guid_bytes(guid),), "distinguishedname": (name.text.encode(),)}
        if sid:
            own["objectsid"] = (sid_bytes(sid),)
        return cls(guid, name, sid, name.key, {**attributes, **own})

    def text(self, attribute: str) -> str:
        """The first value as text; empty when there is none."""
        return next(iter(self.attributes.get(attribute.lower(), (b"",)))).decode()

    def number(self, attribute: str) -> int:
        """The first value as a number; 0 when there is none."""
        return int(self.text(attribute) or 0)

    def is_a(self, object_class: str) -> bool:
        """Whether `objectClass` names the class."""
        return object_class.encode() in self.attributes["objectclass"]


class Store:
    """All entries of one domain, `realm`.

    Of accounts of other domains of its forest it keeps phantoms, as AD does: entries that no search finds, for links to
    point to. `neighbours` are those domains.
    """

    def __init__(self, realm: Realm = LAB) -> None:
        self.realm = realm
        self.head = Name.parse(realm.base)
        self.neighbours: tuple[Store, ...] = ()
        self._phantoms: set[UUID] = set()
        self.lock = threading.RLock()
        self._by_key: dict[Key, Entry] = {}
        self._by_guid: dict[UUID, Entry] = {}
        self._by_sid: dict[str, Entry] = {}
        self._members: dict[UUID, dict[UUID, None]] = {}
        self._groups: dict[UUID, dict[UUID, None]] = {}
        self._writers: dict[UUID, set[UUID]] = {}
        self._concealed: set[UUID] = set()

    def __iter__(self) -> Iterator[Entry]:
        """All entries, parents before what is in them."""
        return iter(self._by_key.values())

    def add(self, entry: Entry) -> Entry:
        """Put an entry in; its name and SID must be new.

        Raises:
            ValueError: another entry has the name or the SID.
        """
        if entry.key in self._by_key or (entry.sid and entry.sid in self._by_sid):
            raise ValueError(f"{entry.name.text} ({entry.sid}) is there already")
        self._by_key[entry.key] = self._by_guid[entry.guid] = entry
        if entry.sid:
            self._by_sid[entry.sid] = entry
        if any(other.by_guid(entry.guid) for other in self.neighbours):
            self._phantoms.add(entry.guid)
        return entry

    def holds(self, entry: Entry) -> bool:
        """Whether the entry is of this domain, and no phantom."""
        return entry.guid not in self._phantoms

    def of_neighbour(self, name: Name) -> Entry | None:
        """By distinguished name, in the other domains of the forest."""
        return next((entry for other in self.neighbours if (entry := other.by_name(name)) is not None), None)

    def by_name(self, name: Name) -> Entry | None:
        """By distinguished name."""
        return self._by_key.get(name.key)

    def by_sid(self, sid: str) -> Entry | None:
        """By SID."""
        return self._by_sid.get(sid.upper())

    def by_guid(self, guid: UUID) -> Entry | None:
        """By GUID."""
        return self._by_guid.get(guid)

    def by_account(self, account: str) -> Entry | None:
        """By sAMAccountName, in any case."""
        wanted = account.casefold()
        return next((entry for entry in self if entry.text("samaccountname").casefold() == wanted), None)

    def values(self, entry: Entry, attribute: Attribute) -> tuple[bytes, ...]:
        """The values of an attribute that is not constructed."""
        if attribute.linked:
            return tuple(self._by_guid[guid].name.text.encode() for guid in self.links(entry, attribute))
        return entry.attributes.get(attribute.name.lower(), ())

    def links(self, entry: Entry, attribute: Attribute) -> dict[UUID, None]:
        """The objects that `member` or `memberOf` of the entry name, in the order in which they were added."""
        return (self._members if attribute.name == "member" else self._groups).get(entry.guid, {})

    def members(self, group: Entry) -> tuple[UUID, ...]:
        """The direct members."""
        return tuple(self._members.get(group.guid, {}))

    def groups(self, entry: Entry) -> tuple[Entry, ...]:
        """The groups that list the entry; never its primary group."""
        return tuple(self._by_guid[guid] for guid in self._groups.get(entry.guid, {}))

    def closure(self, entry: Entry, attribute: Attribute) -> set[UUID]:
        """What `links` reaches over any number of steps."""
        return _reachable(entry.guid, lambda guid: self.links(self._by_guid[guid], attribute))

    def set_members(self, group: Entry, members: Iterable[UUID]) -> None:
        """Replace the members of a group."""
        before, after = self._members.get(group.guid, {}), dict.fromkeys(members)
        for guid in before.keys() - after.keys():
            del self._groups[guid][group.guid]
        for guid in after.keys() - before.keys():
            self._groups.setdefault(guid, {})[group.guid] = None
        self._members[group.guid] = after

    def allow(self, account: Entry, group: Entry) -> None:
        """Let an account write `member` of a group."""
        self._writers.setdefault(group.guid, set()).add(account.guid)

    def conceal(self, group: Entry) -> None:
        """Let nobody read `member` of a group."""
        self._concealed.add(group.guid)

    def shows(self, entry: Entry, attribute: Attribute) -> bool:
        """Whether the attribute of the entry may be read."""
        return attribute.name != "member" or entry.guid not in self._concealed

    def may_write(self, account: Entry, entry: Entry) -> bool:
        """Whether the account may write `member` of the entry."""
        return account.guid in self._writers.get(entry.guid, set())


def _reachable(start: UUID, neighbours: Callable[[UUID], Iterable[UUID]]) -> set[UUID]:
    seen: set[UUID] = set()
    waiting = list(neighbours(start))
    while waiting:
        guid = waiting.pop()
        if guid not in seen:
            seen.add(guid)
            waiting.extend(neighbours(guid))
    return seen
