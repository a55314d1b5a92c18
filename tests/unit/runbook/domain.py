"""A hand-written `Memberships`: one domain in memory that answers as AD does, with troubles on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runbook.directory import Answer, Change, Group, Person
from runbook.group_name import GroupName
from runbook.membership import Account, Members
from runbook.outcome import Failed
from tests.unit.runbook.standins import DOMAIN_SID


def sid(number: int) -> str:
    """The SID of a person's account."""
    return f"{DOMAIN_SID}-{5000 + number}"


class Domain:
    """Groups with their members; a write happens as a whole or not at all.

    A write is refused as unclear when one of its values is already so, or is no account. `scripted` answers by group
    are given, in turn, instead (a `lost` one in `lost_but_done` happens all the same); `unreadable` groups cannot be
    read. `before_write` is called with the number of the write, and may change the world.
    """

    server = "ldaps://dc1:636"

    def __init__(self, members: Mapping[Group, Iterable[int]], people: int = 20) -> None:
        self.all_groups = tuple(members)
        self.held = {group.guid: {sid(number) for number in numbers} for group, numbers in members.items()}
        self.known = {sid(n): Account(sid(n), f"person{n}", primary_group=f"{DOMAIN_SID}-513") for n in range(people)}
        self.scripted: dict[str, list[Answer]] = {}
        self.lost_but_done: set[str] = set()
        self.unreadable: dict[str, Exception] = {}
        self.before_write: Callable[[int], Any] = lambda _: None
        self.written: list[tuple[str, int, int]] = []
        self.reads = 0
        self.closed = False

    def server_of(self, group: Group) -> str:
        del group
        return self.server

    def person(self, sid: str) -> Person:
        raise NotImplementedError

    def change(self, change: Change, sid: str) -> Answer:
        raise NotImplementedError

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        keys = {(name.form, name.key) for name in names}
        return tuple(each for each in self.all_groups if each.guid in guids or keys & each.names())

    def expect(self, groups: Iterable[Group]) -> None:
        del groups

    def members(self, group: Group) -> Members:
        self.reads += 1
        if group.account in self.unreadable:
            raise self.unreadable[group.account]
        return Members(frozenset(self.held[group.guid]))

    def accounts(self, sids: frozenset[str]) -> dict[str, Account]:
        if "accounts" in self.unreadable:
            raise self.unreadable["accounts"]
        return {each: self.known[each] for each in sids if each in self.known}

    def write(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        assert add or remove
        assert len(add) + len(remove) <= 500
        self.written.append((group.account, len(add), len(remove)))
        self.before_write(len(self.written))
        script = self.scripted.get(group.account)
        answer = script.pop(0) if script else self._judged(group, add, remove)
        if answer.kind == "done" or (answer.kind == "lost" and group.account in self.lost_but_done):
            self.held[group.guid] = (self.held[group.guid] - set(remove)) | set(add)
        return answer

    def close(self) -> None:
        self.closed = True

    def people(self, group: Group) -> list[int]:
        """Who is in the group."""
        return sorted(int(each.rpartition("-")[2]) - 5000 for each in self.held[group.guid])

    def _judged(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        held = self.held[group.guid]
        if held & set(add) or set(remove) - held:
            return Answer("unclear", "entryAlreadyExists")
        if set(add) - self.known.keys():
            return Answer("unclear", "unwillingToPerform: no such account")
        return Answer("done")


GONE = Failed("AD: the connection broke twice while reading")
