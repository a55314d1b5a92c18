"""What the rules and modes say of a group, in a sweep and for one person. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.directory import Group
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName
from runbook.mapping import MappedPackage, Mapping
from runbook.safety import MODES, GroupRule, Safety


def mode_of(group: Group, mapping: Mapping, safety: Safety, index: GroupIndex) -> str:
    """The mode that holds for a group: that of its rule, or else the mildest of its access packages' modes.

    One of safety.MODES; for a group that no package gives, the environment's. A one-person job follows it too.
    """
    giving = [package for package in mapping.packages if any(group in index.named(name) for name in package.groups)]
    return mode_given_by(giving, safety, rules_of(group, safety, index))


def mode_given_by(packages: Iterable[MappedPackage], safety: Safety, rules: Iterable[GroupRule]) -> str:
    """The same, for somebody who knows the group's packages and rules already."""
    ruled = [rule.mode for rule in rules if rule.mode]
    return _mildest(ruled or [package.mode or safety.mode for package in packages] or [safety.mode])


def mode_of_retired(rules: Iterable[GroupRule]) -> str:
    """Whoever listed a group in RetiredGroups wants it empty, whatever the environment's mode; only a rule may not."""
    return "additive" if any(rule.mode == "additive" for rule in rules) else "authoritative"


def rules_of(group: Group, safety: Safety, index: GroupIndex) -> tuple[GroupRule, ...]:
    """The rules for this group, by whichever name."""
    return tuple(rule for rule in safety.rules if group in index.named(rule.name))


def least_of(rules: Iterable[GroupRule]) -> int:
    """How many members must stay."""
    return max((rule.least for rule in rules), default=0)


def names_of_rules(mapping: Mapping, safety: Safety) -> frozenset[GroupName]:
    """The names that `doubtful_rules` looks up: those that the mapping does not have, and so tells nothing of."""
    told = {name.comparable for name in (*mapping.retired, *(n for each in mapping.packages for n in each.groups))}
    return frozenset(rule.name for rule in safety.rules if rule.name.comparable not in told)


def doubtful_rules(mapping: Mapping, safety: Safety, index: GroupIndex) -> tuple[str, ...]:
    """Reasons to remove nobody: a rule whose group is not known may be what keeps somebody in any group."""
    return tuple(
        f"safety: the rule for group '{name}' is for no group that can be told; correct it in the environment file, "
        f"then run 'lockstep apply': {index.doubt(name)}"
        for name in sorted(names_of_rules(mapping, safety), key=str)
        if index.doubt(name)
    )


def given_and_retired(group: Group) -> str:
    """Why a group that is to have members and to have none is left alone."""
    return f"group {group} is in RetiredGroups, and an access package gives it; take it out of one of them"


def _mildest(modes: list[str]) -> str:
    return min(modes, key=MODES.index)
