"""Explained groups -> a table or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from provision.explain.held import Held, Holder
from provision.explain.joining import Explained
from provision.explain.membership import Membership, Seen
from provision.instant import instant

COLUMNS: Final = ("group", "member", "access package", "policy", "state", "since (UTC)", "until (UTC)", "verdict")


def rows(groups: Sequence[Explained]) -> list[tuple[str, ...]]:
    """The lines of the table: one for each assignment that gives a group, or one for the group."""
    return [row for group in groups for row in _rows(group)]


def _rows(one: Explained) -> Iterator[tuple[str, ...]]:
    first = (one.group.name, how(one.group))
    if not one.held:
        yield (*first, "-", "-", "-", "-", "-", one.verdict.said)
    for held in one.held:
        times = (moment(held.since), moment(held.until))
        yield (*first, held.package_name, held.policy or "-", held.state, *times, one.verdict.said)


def how(group: Membership) -> str:
    """In which way the person is in the group."""
    if group.member == "nested":
        return f"nested via {' > '.join(group.via)}"
    return {"direct": "direct", "primary": "primary group"}.get(group.member, "no")


def moment(text: str) -> str:
    """A time for people, to the minute."""
    found = instant(text)
    return f"{found:%Y-%m-%d %H:%M}" if found else text or "-"


def machine(  # noqa: PLR0913, PLR0917 - all that is known
    environment: str, holder: Holder, found: Seen, groups: Sequence[Explained], job: str, problems: Sequence[str]
) -> str:
    """For scripts: one JSON object, `version` 1; null is what is not known."""
    document = {
        "version": 1,
        "environment": environment,
        "user": {"id": holder.user, "name": holder.name or None},
        "account": {"sid": found.account or None, "absent": found.absent or None, "protected": found.protected or None},
        "job": job,
        "groups": [_entry(group) for group in groups],
        "problems": list(problems),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(one: Explained) -> dict[str, Any]:
    group = one.group
    return {
        "group": {"guid": group.guid or None, "name": group.name, "dn": group.dn or None},
        "member": group.member or None,
        "via": list(group.via),
        "managed": group.managed,
        "mode": group.mode or None,
        "assignments": [_assignment(held) for held in one.held],
        "verdict": one.verdict.kind,
        "detail": one.verdict.said,
    }


def _assignment(held: Held) -> dict[str, Any]:
    return {
        "id": held.assignment,
        "package": {"id": held.package, "name": held.package_name},
        "policy": held.policy or None,
        "state": held.state,
        "live": held.live,
        "since": held.since or None,
        "until": held.until or None,
    }
