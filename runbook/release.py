"""The job that gives back what access packages gave: everybody who has one leaves its groups. For `lockstep destroy`.

Members of a group whom no live assignment explains stay. All assignments are read before the first write, and must be
those of as many people as somebody agreed to; from then on a problem of one person is told, and the next is looked at.

Whoever may start jobs can write any envelope, but not the settings: the job obeys only if these name it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from runbook.apply import apply
from runbook.directory import Change, Directory, Group
from runbook.envelope import Envelope
from runbook.group_index import GroupIndex, locked_guids
from runbook.group_name import GroupName
from runbook.holding import Holder, holders, holdings
from runbook.mapping import Mapping
from runbook.membership import Grant
from runbook.outcome import DeadlinePassed, Failed, Outcome, Refused
from runbook.preparation import Preparation
from runbook.protection import why_group_is_protected, why_person_is_protected
from runbook.reconcile import Plan, objection
from runbook.settings import Settings
from runbook.worker import Worker


@dataclass(slots=True)
class _Released:
    """What was done so far: of each person (by id) the groups left."""

    left: dict[str, tuple[Group, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    out_of_time: bool = False


def release(envelope: Envelope, worker: Worker) -> Outcome:
    """Removes the memberships that live assignments of mapped access packages explain.

    Raises:
        Refused, Failed, DeadlinePassed: before anything was written.
    """
    ready = Preparation(envelope, worker)
    _refuse_unnamed(envelope, ready.settings)
    held: list[Grant] = []
    for package in ready.mapping.packages:
        held += holdings(ready.graph, package.package_id)
    _refuse_surprise(envelope, len({row.user or row.assignment_id for row in held}), ready.mapping)
    people, left_out = holders(held)
    if not people:
        return _told(_Released(problems=list(left_out)))
    directory = ready.open_directory()
    try:
        packages = {row.package_id for row in held}
        groups, doubts = releasable(ready.mapping, packages, directory, ready.settings)
        released = _Released(problems=[*left_out, *doubts])
        _each(people, groups, directory, ready, released)
        return _told(released)
    finally:
        directory.close()


def _refuse_unnamed(envelope: Envelope, settings: Settings) -> None:
    """Nobody is removed by a job that the settings do not name.

    The id in the envelope is enough: whoever learns it and starts another job while the settings name it, asks for the
    same again.
    """
    if not settings.release or settings.release != envelope.job:
        named = f"name job {settings.release}" if settings.release else "name none"
        raise Refused(
            f"only a job that settings {envelope.settings} name as `release` may take everybody's memberships away, "
            f"and they {named}; run 'lockstep destroy --memberships remove', which starts such a job"
        )


def _refuse_surprise(envelope: Envelope, people: int, mapping: Mapping) -> None:
    """Nobody is removed when it is about other numbers than were agreed to.

    A list that comes back empty, another mapping than was counted by, and an envelope made by hand look like this.
    Of many people, one in a hundred may have come or gone meanwhile.
    """
    groups = len({name.comparable for package in mapping.packages for name in package.groups})
    if abs(people - envelope.people) > envelope.people // 100 or groups != envelope.groups:
        raise Refused(
            f"{_count(people, 'person has', 'people have')} a live assignment and the mapping names "
            f"{_count(groups, 'group', 'groups')}, but {envelope.people} and {envelope.groups} were agreed to; "
            "run 'lockstep apply' if the mapping was changed, then 'lockstep destroy --memberships remove' again"
        )


def releasable(
    mapping: Mapping, packages: set[str], directory: Directory, settings: Settings
) -> tuple[dict[str, frozenset[Group]], list[str]]:
    """The groups that people of each access package leave, and a sentence for each group that is left as it is.

    Raises:
        Failed: AD did not tell.
    """
    names = {package.package_id: package.groups for package in mapping.packages if package.package_id in packages}
    every = frozenset(name for each in names.values() for name in each)
    locks = settings.safety.locks
    index = GroupIndex(directory.groups(every, locked_guids(every, locks)), settings.directory.domain, locks)
    certain: dict[GroupName, Group] = {}
    problems: dict[str, None] = {}
    for name in sorted(every, key=str):
        doubt = index.doubt(name)
        if doubt:
            problems[doubt] = None
            continue
        (group,) = index.named(name)
        reason = why_group_is_protected(group, settings.safety)
        if reason:
            problems[f"group {group} {reason}; nobody was removed from it"] = None
        else:
            certain[name] = group
    groups = {package: frozenset(certain[name] for name in each if name in certain) for package, each in names.items()}
    return groups, list(problems)


def _each(
    people: tuple[Holder, ...],
    groups: dict[str, frozenset[Group]],
    directory: Directory,
    ready: Preparation,
    released: _Released,
) -> None:
    """Goes from person to person until all are done or time is over."""
    for number, holder in enumerate(people):
        explained = frozenset(group for package in holder.packages for group in groups[package])
        try:
            _one(holder, explained, directory, ready, released)
        except (Refused, Failed) as error:
            released.problems.append(f"user {holder.user}: {error}")
        except DeadlinePassed as error:
            released.out_of_time = True
            released.problems.append(f"user {holder.user}: {error}")
        if released.out_of_time:
            rest = len(people) - number - 1
            released.problems += [f"{_count(rest, 'person', 'people')} not looked at: no time was left"] if rest else []
            return


def _one(
    holder: Holder, explained: frozenset[Group], directory: Directory, ready: Preparation, released: _Released
) -> None:
    """Takes one person out of the groups they are in of `explained`."""
    sid = ready.graph.person_sid(holder.user)
    if holder.sid not in {"", sid}:  # the assignment keeps a copy, and that account may be another person's by now
        raise Refused(f"the assignment names AD account {holder.sid}, and Entra now {sid}; look at both in AD")
    person = directory.person(sid)
    protected = why_person_is_protected(person, ready.settings.safety.protected_users)
    if protected:
        raise Refused(f"account {sid} {protected}")
    leaving = []
    for group in sorted(explained, key=str):
        reason = objection(group, person, ready.settings.safety, leaving=True)
        if reason:
            released.problems.append(f"user {holder.user}: {reason}")
        elif group.guid in person.member_of:
            leaving.append(Change(group, add=False))
    applied = apply(Plan(remove=tuple(leaving)), sid, directory, ready.deadline)
    if applied.removed:
        released.left[holder.user] = tuple(applied.removed)
    released.problems += [f"user {holder.user}: {problem}" for problem in applied.problems]
    released.out_of_time = applied.out_of_time


def _told(released: _Released) -> Outcome:
    groups = sorted({str(group) for left in released.left.values() for group in left})
    memberships = _count(sum(map(len, released.left.values())), "membership", "memberships")
    people = _count(len(released.left), "person", "people")
    parts = [f"removed {memberships} of {people} in {_count(len(groups), 'group', 'groups')}"]
    if released.problems:
        parts.append(_count(len(released.problems), "problem", "problems"))
    return Outcome(
        outcome=_kind_of(released),
        detail="; ".join([*parts, *released.problems[:3]]),
        removed=tuple(groups),
        problems=tuple(released.problems),
    )


def _kind_of(released: _Released) -> str:
    if released.out_of_time:
        return "timed_out"
    if not released.problems:
        return "done"
    return "partial" if released.left else "failed"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
