"""Who is in which group, who has which access package, and what follows: a table, worked out by hand.

What each job may do is written down here and nowhere computed, so that the runbook is measured against something else
than itself. Nothing here reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.sandbox.directory.population import Account, Group, Population

State = dict[str, frozenset[str]]
"""The people who are in each group."""
Membership = tuple[str, str]
"""Group and person."""

A, B, C = (f"77777777-7777-4777-8777-77777777770{letter}" for letter in "abc")
PACKAGES: Final = {A: ("Alpha", "Shared"), B: ("Shared", "Beta"), C: ("Gamma", "Delta")}
MODES: Final = ("authoritative", "managed", "additive")

PEOPLE: Final = ("ann", "bob", "cat", "dan", "eve", "fay", "gil", "hal")
STRANGER: Final = "ivy"
"""In Entra, and nowhere else."""
USERS: Final = {name: f"66666666-6666-4666-8666-{number:012d}" for number, name in enumerate((*PEOPLE, STRANGER), 1)}
PROTECTED: Final = "fay"
FILLERS: Final = tuple(f"filler{number}" for number in range(9))
"""Contacts and computers, nobody's to touch: they make a group longer than one range."""
LATECOMERS: Final = tuple(f"late{number}" for number in range(4))

START: Final[State] = {
    "Alpha": frozenset({"ann", "bob"}),
    "Shared": frozenset({"ann", "bob", "gil"}),
    "Beta": frozenset({"gil"}),
    "Gamma": frozenset({"cat", "dan", "fay", "gil"}),
    "Delta": frozenset({"bob", "dan", "eve", "gil"}),
}
ROWS: Final = (
    (A, "bob", "expired"),
    (A, "ann", "delivered"),
    (A, "bob", "deliveryFailed"),
    (A, "hal", "delivering"),
    (A, "bob", "expired"),
    (B, "bob", "expired"),
    (B, "bob", "delivered"),
    (B, "gil", "partiallyDelivered"),
    (B, STRANGER, "expired"),
    (C, "dan", "expired"),
    (C, "eve", "delivered"),
    (C, "fay", "expired"),
    (C, "gil", "delivered"),
    (C, "", "expired"),
)
"""Assignments: access package, user, state; nobody where Entra has forgotten the user. Counted from 1 for their ids."""
REMOVED_ROW: Final = 1
"""The assignment that the callout `removed` is about; Graph still lists it as delivered then."""

_OVER: Final = {("Alpha", "bob"), ("Gamma", "dan"), ("Delta", "dan")}
_BY_HAND: Final = {("Delta", "bob"), ("Gamma", "cat")}
_JOIN: Final = {("Beta", "bob"), ("Alpha", "hal"), ("Shared", "hal"), ("Gamma", "eve")}
_BY_MODE: Final[Mapping[str, set[Membership]]] = {
    "authoritative": _OVER | _BY_HAND,
    "managed": _OVER,
    "additive": set(),
}
UNDONE: Final = (("Alpha", "bob", "add"), ("Delta", "dan", "add"), ("Gamma", "eve", "remove"))
"""What the job to undo has done."""
_RELEASED: Final = {
    *(("Alpha", "ann"), ("Shared", "ann"), ("Shared", "bob"), ("Delta", "eve")),
    *(("Shared", "gil"), ("Beta", "gil"), ("Gamma", "gil"), ("Delta", "gil")),
}

PERSON: Final = {"granted": "bob", "removed": "bob", "reconcile": "bob", "lifecycle": "dan"}
"""Whom the jobs of one person are about."""
SWEEPS: Final = ("sweep dry", "sweep agreed", "sweep scheduled")
JOBS: Final = (*PERSON, *SWEEPS, "undo", "release")


def leaving(job: str, mode: str) -> set[Membership]:
    """Every membership that the job takes away."""
    if job == "undo":
        return {(group, person) for group, person, done in UNDONE if done == "add"}
    if job == "release":
        return _RELEASED
    if job == "sweep dry":
        return set()
    whom = PERSON.get(job)
    return {(group, person) for group, person in _BY_MODE[mode] if whom in {None, person}}


def joining(job: str) -> set[Membership]:
    """Every membership that the job gives."""
    if job == "undo":
        return {(group, person) for group, person, done in UNDONE if done == "remove"}
    if job in {"release", "sweep dry"}:
        return set()
    whom = PERSON.get(job)
    return {(group, person) for group, person in _JOIN if whom in {None, person}}


HAND: Final = {"lifecycle": ("dan", "Beta", "Delta"), "release": ("gil", "Alpha", "Beta")}
_HAND: Final = ("bob", "Gamma", "Shared")
"""Whom somebody puts into a group by hand while the job runs, and out of which one; no assignment gives the first."""


def hand(job: str, which: str) -> Membership:
    """The membership that somebody changes while the job runs; `which` is joins or leaves."""
    person, joined, left = HAND.get(job, _HAND)
    return (joined if which == "joins" else left), person


def may_leave(job: str, mode: str, which: str) -> set[Membership]:
    """What the job may take away when somebody changes a membership meanwhile; `which` is empty when nobody does."""
    judged = which == "joins" and mode == "authoritative" and (job in PERSON or job in SWEEPS[1:])
    return leaving(job, mode) | ({hand(job, which)} if judged else set())


def in_the_end(job: str, mode: str, which: str) -> State:
    """The members when the job has run undisturbed after all."""
    memberships = {(group, person) for group, people in START.items() for person in people}
    memberships = (memberships | joining(job)) - leaving(job, mode)
    if which == "joins":
        memberships = (memberships | {hand(job, which)}) - may_leave(job, mode, which)
    elif which == "leaves" and (hand(job, which) != ("Shared", "bob") or job in {"undo", "sweep dry"}):
        memberships -= {hand(job, which)}
    return {group: frozenset(person for each, person in memberships if each == group) for group in START}


def _fillers(group: str) -> tuple[str, ...]:
    return FILLERS if group == "Gamma" else ()


POPULATION: Final = Population(
    (
        *(Account(name, name.title(), protected=name == PROTECTED) for name in PEOPLE),
        *(Account(name, name.title(), kind="contact" if name[-1] in "0246" else "computer") for name in FILLERS),
        *(Account(name, name.title(), kind="contact") for name in LATECOMERS),
    ),
    (
        *(Group(name, (*_fillers(name), *sorted(people))) for name, people in START.items()),
        Group("Staff", ("ann", "bob")),
    ),
)
"""Nobody's mapping names the group Staff."""
