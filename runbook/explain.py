"""The job that tells which groups a person is in, directly or through others, and what Lockstep knows of each.

For `lockstep explain`. Reads AD only, as every job does; what Entra says of assignments the command asks for itself.
A person who is not in AD (yet) is told as such, with the managed groups all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runbook.deadline import Deadline
from runbook.directory import Directory, Group, Person
from runbook.directory_nesting import Nesting, NestingDirectory, open_nesting
from runbook.envelope import Envelope
from runbook.group_name import parse_group_name
from runbook.identity import Secret
from runbook.managed_groups import ManagedGroups
from runbook.outcome import Outcome, Refused
from runbook.preparation import Preparation
from runbook.protection import why_person_is_protected
from runbook.record import Records
from runbook.settings import DirectorySettings
from runbook.worker import Worker

OpenNesting = Callable[[DirectorySettings, "Secret | None", Deadline], NestingDirectory]
_DEEPEST_NESTING = 20


@dataclass(frozen=True, slots=True)
class Chain:
    """A group that the person is in; `via` are the groups between, the nearest to the person first."""

    group: Group
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What AD says: the account, or why there is none; its groups by GUID; what could not be seen, a sentence each."""

    person: Person | None
    absent: str
    chains: dict[str, Chain]
    problems: tuple[str, ...] = ()


def explain(envelope: Envelope, worker: Worker, opened: OpenNesting = open_nesting) -> Outcome:
    """Tells a record for each group that the person is in (`holds`), and for each other managed one (`lacks`).

    Raises:
        Refused, Failed, DeadlinePassed: it could not be read.
    """
    ready = Preparation(envelope, worker)
    directory = ready.open_directory()
    try:
        found = _explanation(envelope, ready, directory, opened)
        managed = ManagedGroups(ready.mapping, ready.settings, directory)
    finally:
        directory.close()
    records = Records(worker.tell)
    records.put([*_held_records(found, managed), *managed.lacked(frozenset(found.chains))])
    records.close()
    return _explained(found, managed, ready.settings.safety.protected_users)


def _explanation(envelope: Envelope, ready: Preparation, directory: Directory, opened: OpenNesting) -> Explanation:
    try:
        person = directory.person(ready.graph.person_sid(envelope.user))
    except Refused as error:
        return Explanation(None, str(error), {})
    return Explanation(person, "", *_chains_of(person, ready, directory, opened))


def _held_records(found: Explanation, managed: ManagedGroups) -> Iterator[dict[str, Any]]:
    primary = found.person.primary_group if found.person else ""
    for chain in found.chains.values():
        yield {
            "kind": "holds",
            **managed.about(chain.group),
            "direct": not chain.via,
            "primary": chain.group.sid == primary,
            "via": list(chain.via),
        }


def _chains_of(
    person: Person, ready: Preparation, directory: Directory, opened: OpenNesting
) -> tuple[dict[str, Chain], tuple[str, ...]]:
    """The groups that the person is in by their GUIDs, the direct ones first, and what could not be seen."""
    primary = directory.groups(frozenset({parse_group_name(person.primary_group)}), frozenset())
    first = person.member_of | {group.guid for group in primary}
    known = {group.guid: group for group in (*primary, *directory.groups(frozenset(), person.member_of))}
    asked: list[NestingDirectory] = []
    try:
        asked.extend(opened(one, ready.password(one), ready.deadline) for one in ready.settings.directories)
        found, problems = walk(first, asked)
    finally:
        for nesting in asked:
            nesting.close()
    direct = {guid: Chain(group) for guid, group in known.items()}
    return {**direct, **{guid: chain for guid, chain in found.items() if guid not in direct}}, problems


def walk(first: frozenset[str], directories: Sequence[NestingDirectory]) -> tuple[dict[str, Chain], tuple[str, ...]]:
    """The groups with these GUIDs and all that they are in, each by a shortest chain, and what could not be seen.

    Raises:
        Failed: AD did not tell.
    """
    found: dict[str, Chain] = {}
    unseen = 0
    level: dict[str, tuple[str, ...]] = dict.fromkeys(first, ())
    for _ in range(_DEEPEST_NESTING):
        if not level:
            break
        told = _nestings(frozenset(level), directories)
        unseen += len(level) - len(told)
        above: dict[str, tuple[str, ...]] = {}
        for nesting in told:
            guid = nesting.group.guid
            found[guid] = Chain(nesting.group, level[guid])
            for parent in sorted(nesting.member_of - found.keys() - level.keys()):
                above.setdefault(parent, (*level[guid], nesting.group.account))
        level = above
    return found, tuple(_unseen(unseen, too_deep=bool(level)))


def _unseen(count: int, *, too_deep: bool) -> Iterator[str]:
    if too_deep:
        yield f"the groups are nested deeper than {_DEEPEST_NESTING} levels; those above are not shown"
    if count:
        yield (
            f"{count} of the groups are of a domain that is not asked, or AD does not show the bind account what they "
            "are in; what comes through them is not shown"
        )


def _nestings(guids: frozenset[str], directories: Sequence[NestingDirectory]) -> list[Nesting]:
    told = {nesting.group.guid: nesting for each in directories for nesting in each.nestings(guids)}
    return [told[guid] for guid in sorted(told, key=lambda guid: (str(told[guid].group), guid)) if guid in guids]


def _explained(found: Explanation, managed: ManagedGroups, protected_users: frozenset[str]) -> Outcome:
    if not found.person:
        return Outcome("done", f"not in AD: {found.absent}", facts={"absent": found.absent})
    ours = [chain for guid, chain in found.chains.items() if guid in managed.groups]
    nested = sum(1 for chain in ours if chain.via)
    parts = [f"in {len(ours)} of {len(managed.groups)} managed groups"]
    parts += [f"{nested} of them by nesting only"] if nested else []
    parts.append(f"in {len(found.chains) - len(ours)} others")
    return Outcome(
        "partial" if found.problems else "done",
        ", ".join(parts),
        problems=found.problems,
        facts={"account": found.person.sid, "protected": why_person_is_protected(found.person, protected_users)},
    )
