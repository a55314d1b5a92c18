"""A directory in which one operation goes wrong, and which remembers every membership that a client changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from provision.sandbox.directory import response
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.refusal import Result
from provision.sandbox.directory.request import Abandon, Bind, Extended, Farewell, Modify, Request, Search, Unsupported
from provision.sandbox.directory.response import Found, Values
from provision.sandbox.directory.search import Answer
from provision.sandbox.directory.session import Reply, Session
from tests.integration.fault_truth import LATECOMERS, POPULATION, START, Membership, State

LONGEST_RANGE: Final = 5
_CODES: Final = {
    "operations error": 1,
    "time limit": 3,
    "referral": 10,
    "no such object": 32,
    "no right": 50,
    "busy": 51,
    "unavailable": 52,
    "unwilling": 53,
}
_SID: Final = re.compile(rb"<SID=[^>]*>;")
_EXTENDED: Final = re.compile(rb"<GUID=[^>]*>;(<SID=[^>]*>;)?")
_RANGE: Final = re.compile(r"(member;range=)(\d+)-(\d+|\*)", re.IGNORECASE)
GONE: Final = ("gone for good", "gone for good, another is there")
BY_HAND: Final = {"somebody joins by hand": "joins", "somebody leaves by hand": "leaves"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that was undisturbed: bind, search or modify; of a search also what its answer showed."""

    kind: str
    entries: int = 0
    shown: frozenset[str] = frozenset()


@dataclass(slots=True)
class Plan:
    """What goes wrong: `kind` at operation number `point`, counted from 0. `hand` is what somebody then changes."""

    kind: str = ""
    point: int = -1
    hand: Membership = ("", "")


@dataclass(slots=True)
class Seen:
    """What happened since the last `begin`. `changed` are the memberships that clients gave (True) or took (False)."""

    operations: list[Operation] = field(default_factory=list)
    changed: list[tuple[Membership, bool]] = field(default_factory=list)
    modifies: int = 0
    number: int = 0
    fired: bool = False
    fired_before_writing: bool = False


class FaultyDirectory(EmbeddedDirectory):
    """With two ways in, which play two domain controllers of one state: the second one has StartTLS."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        super().__init__(certificate, 0, POPULATION, limits=Limits(value_range=LONGEST_RANGE), plain_port=0)
        self._first = {group: self._entry(group) for group in START}
        self._members = {group: self._domain.store.members(entry) for group, entry in self._first.items()}
        people = (each.account for each in POPULATION.accounts if each.kind == "user")
        self._names = {self._entry(name).guid: name for name in people}
        self._plan, self.seen, self._gone = Plan(), Seen(), set[bool]()

    def begin(self, plan: Plan | None = None, state: State | None = None) -> None:
        """Back to the first members, or to those of `state`; then `plan`."""
        self._plan, self.seen, self._gone = plan or Plan(), Seen(), set()
        self._journal.clear()
        store = self._domain.store
        for group, entry in self._first.items():
            fillers = [guid for guid in self._members[group] if guid not in self._names]
            people = [self._entry(name).guid for name in sorted((state or START)[group])]
            store.set_members(entry, [*fillers, *people] if state else self._members[group])

    def state(self) -> State:
        """The people who are in each group now."""
        members = self._domain.store.members
        return {
            group: frozenset(self._names[guid] for guid in members(entry) if guid in self._names)
            for group, entry in self._first.items()
        }

    def fillers(self) -> int:
        """How many members are no people."""
        members = self._domain.store.members
        return sum(guid not in self._names for entry in self._first.values() for guid in members(entry))

    def change(self, membership: Membership, *, add: bool) -> None:
        """What somebody does by hand."""
        group, name = membership
        entry, guid = self._first[group], self._entry(name).guid
        others = [each for each in self._domain.store.members(entry) if each != guid]
        self._domain.store.set_members(entry, [*others, guid] if add else others)

    def _entry(self, account: str) -> Any:
        found = self._domain.store.by_account(account)
        return found or next(each for each in self._domain.store if each.text("cn") == account.title())

    def _open_session(self, secure: bool) -> Callable[[Request], Reply]:  # noqa: FBT001 - as in the base
        if secure in self._gone:
            raise ConnectionResetError("gone for good")
        session = Session(self._domain, self._limits, secure=secure)

        def converse(request: Request) -> Reply:
            if isinstance(request.operation, Farewell | Abandon | Extended):
                return session.answer(request)
            with self._domain.store.lock:
                return self._answer(session, request, first=secure)

        return converse

    def _answer(self, session: Session, request: Request, *, first: bool) -> Reply:
        number, self.seen.number = self.seen.number, self.seen.number + 1
        if number == self._plan.point:
            self.seen.fired = True
            self.seen.fired_before_writing = not self.seen.modifies and not isinstance(request.operation, Modify)
            return self._disturbed(session, request)
        if first in self._gone:
            return Reply(then="close")
        return self._honest(session, request)

    def _honest(self, session: Session, request: Request) -> Reply:
        if not isinstance(request.operation, Modify):
            return self._altered(session, request, lambda answer: answer)
        self.seen.modifies += 1
        before = self.state()
        reply = session.answer(request)
        after = self.state()
        for group, people in after.items():
            self.seen.changed += [((group, each), True) for each in sorted(people - before[group])]
            self.seen.changed += [((group, each), False) for each in sorted(before[group] - people)]
        self.seen.operations.append(Operation("modify"))
        return reply

    def _altered(self, session: Session, request: Request, change: Callable[[Answer], Answer]) -> Reply:
        """The honest answer to a search, changed."""
        searches: Any = session._searches
        session._searches = _Altered(searches, change, self.seen.operations)  # type: ignore[assignment]
        try:
            return session.answer(request)
        finally:
            session._searches = searches
            if isinstance(request.operation, Bind):
                self.seen.operations.append(Operation("bind"))

    def _disturbed(self, session: Session, request: Request) -> Reply:
        kind, operation = self._plan.kind, request.operation
        assert isinstance(operation, Bind | Search | Modify | Unsupported)
        if kind == "dropped" or kind in GONE:
            self._gone = {"dropped": set(), GONE[0]: {True, False}, GONE[1]: {True}}[kind]
            return Reply(then="close")
        if kind in _CODES:
            referrals = ("ldap://elsewhere.test/DC=elsewhere,DC=test",) if kind == "referral" else ()
            return _ended(request, operation.answer, Result(_CODES[kind], "disturbed", "", referrals))
        if kind == "said to be done":
            return _ended(request, operation.answer, Result())
        if kind in ALTERATIONS:
            return self._altered(session, request, ALTERATIONS[kind][1])
        if kind in BY_HAND:
            self.change(self._plan.hand, add=BY_HAND[kind] == "joins")
        for name in LATECOMERS if kind == "grows over a range" else ():
            self.change(("Delta", name), add=True)
        reply = self._honest(session, request)
        return replace(reply, messages=(), then="close") if kind == "answer lost" else reply


class _Altered:
    """Searches whose answers are looked at, then changed."""

    def __init__(self, searches: Any, change: Callable[[Answer], Answer], operations: list[Operation]) -> None:
        self._searches = searches
        self._change = change
        self._operations = operations

    def run(self, *asked: Any) -> Answer:
        answer: Answer = self._searches.run(*asked)
        shown = frozenset(_shown(answer))
        self._operations.append(Operation("search", len(answer.entries), shown))
        return self._change(answer)


def _ended(request: Request, tag: int, result: Result) -> Reply:
    return Reply((response.ended(request.number, tag, result),), result.code)


def _shown(answer: Answer) -> Iterator[str]:
    for entry in answer.entries:
        for name, values in entry.attributes:
            yield name.partition(";")[0].lower()
            if _RANGE.fullmatch(name):
                yield "a range"
            if len(values) > 1 and name.lower().startswith("member;"):
                yield "several members"


def _each_value(answer: Answer, change: Callable[[bytes], bytes]) -> Answer:
    def changed(values: Values) -> Values:
        return values[0], tuple(map(change, values[1]))

    return _each_attribute(answer, changed)


def _each_attribute(answer: Answer, change: Callable[[Values], Values | None]) -> Answer:
    entries = (Found(entry.name, tuple(filter(None, map(change, entry.attributes)))) for entry in answer.entries)
    return replace(answer, entries=tuple(entries))


def _shifted(values: Values) -> Values:
    found = _RANGE.fullmatch(values[0])
    if not found:
        return values
    last = found[3] if found[3] == "*" else str(int(found[3]) + 1)
    return f"{found[1]}{int(found[2]) + 1}-{last}", values[1]


def _cut_short(values: Values) -> Values:
    found = _RANGE.fullmatch(values[0])
    return (f"{found[1]}{found[2]}-*", values[1][: (len(values[1]) + 1) // 2]) if found else values


def _half(answer: Answer) -> Answer:
    return replace(answer, entries=answer.entries[: len(answer.entries) // 2])


ALTERATIONS: Final[dict[str, tuple[str, Callable[[Answer], Answer]]]] = {
    "nothing found": ("an entry", lambda answer: replace(answer, entries=())),
    "half the entries": ("two entries", _half),
    "size limit": ("an entry", lambda answer: replace(_half(answer), result=Result(4, "disturbed"))),
    "range from elsewhere": ("a range", lambda answer: _each_attribute(answer, _shifted)),
    "half a range, told as the end": ("several members", lambda answer: _each_attribute(answer, _cut_short)),
    "no memberOf": (
        "memberof",
        lambda answer: _each_attribute(answer, lambda each: None if each[0].lower() == "memberof" else each),
    ),
    "no SIDs in names": ("member", lambda answer: _each_value(answer, lambda value: _SID.sub(b"", value))),
    "names not extended": (
        "a name",
        lambda answer: _each_value(answer, lambda value: _EXTENDED.sub(b"", value)),
    ),
}
"""Answers that arrive and are not right: what the honest answer must show for it, and the change."""
_EVERYWHERE: Final = (*_CODES, "dropped", "answer lost", *GONE)
_MEANWHILE: Final = (*BY_HAND, "grows over a range")
KINDS: Final = (*_EVERYWHERE, *_MEANWHILE, "said to be done", *ALTERATIONS)


def kinds_at(operation: Operation) -> Iterator[str]:
    """What can go wrong with an operation."""
    if operation.kind == "bind":
        yield from (kind for kind in _EVERYWHERE if kind != "referral")  # no directory refers a bind
        return
    yield from _EVERYWHERE
    yield from _MEANWHILE
    if operation.kind == "modify":
        yield "said to be done"
        return
    shown = set(operation.shown)
    shown |= {"an entry"} if operation.entries else set()
    shown |= {"two entries"} if operation.entries > 1 else set()
    shown |= {"a name"} if shown & {"member", "memberof"} else set()
    yield from (kind for kind, (needed, _) in ALTERATIONS.items() if needed in shown)
