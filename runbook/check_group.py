"""What AD says of the mapping's groups -> a check and a record for each. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.check_line import Check, failed
from runbook.directory import Group
from runbook.directory_facts import GroupFacts
from runbook.distinguished_name import fold
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName
from runbook.protection import why_group_is_protected
from runbook.settings import DirectorySettings, Settings

_MOST_LINES = 200


def group_checks(names: Iterable[GroupName], facts: Iterable[GroupFacts], settings: Settings) -> list[Check]:
    """A check for each name, the worst first; of very many only the first are told one by one."""
    known = {each.group: each for each in facts}
    index = GroupIndex(known, settings.directory.domain, settings.safety.locks)
    checks = []
    for name in sorted(names, key=str):
        subject, doubt = f"group {name}", index.doubt(name)
        if doubt:
            checks.append(failed(subject, doubt))
        else:
            (group,) = index.named(name)
            checks.append(_judged(subject, known[group], settings))
    checks.sort(key=lambda check: ("fail", "warn", "ok").index(check.state))
    return _bounded(checks)


def name_records(names: Iterable[GroupName], facts: Iterable[GroupFacts], settings: Settings) -> list[dict[str, str]]:
    """For each name that fits one group: that group's GUID, whatever the name is locked to. `mapping lock` reads it."""
    index = GroupIndex((each.group for each in facts), settings.directory.domain)
    return [
        {"kind": "name", "name": str(name), "group": group.guid}
        for name in sorted(names, key=str)
        if len(index.named(name)) == 1
        for group in index.named(name)
    ]


def _judged(subject: str, facts: GroupFacts, settings: Settings) -> Check:
    group, said = facts.group, _described(facts.group)
    reason = why_group_is_protected(group, settings.safety)
    if reason:
        return Check(subject, "fail", f"{said}; it {reason}", "take it out of the mapping; it is never changed")
    if facts.member_writable is False:
        directory = next(
            (each for each in settings.directories if fold(each.domain) == group.domain), settings.directory
        )
        account = directory.user or "the bind account"
        return Check(subject, "fail", f"{said}; {account} may not change its members", _right(group.dn, directory))
    if facts.member_writable is None:
        advice = "try one access package that nobody depends on"
        return Check(subject, "warn", f"{said}; the server does not tell whether its members may be changed", advice)
    if not group.security:
        return Check(subject, "warn", f"{said}; its members may be changed", "it gives no rights; map a security group")
    return Check(subject, "ok", f"{said}; its members may be changed")


def _described(group: Group) -> str:
    if not group.scope:
        return "found once; its type is not readable"
    return f"found once; {'security' if group.security else 'distribution'} group, {group.scope}"


def _right(dn: str, directory: DirectorySettings) -> str:
    user = directory.user
    account = user if "@" in user or "\\" in user else f"{directory.domain}\\ACCOUNT"
    if '"' in dn or '"' in account:  # a command with a quoted name is not safe to paste
        return f"give {account} the right 'write member' on {dn}"
    return f'dsacls "{dn}" /G "{account}:WP;member"'


def _bounded(checks: list[Check]) -> list[Check]:
    """The first checks, and one that counts the others."""
    shown, rest = checks[:_MOST_LINES], checks[_MOST_LINES:]
    if not rest:
        return shown
    counts = {state: sum(check.state == state for check in rest) for state in ("fail", "warn", "ok")}
    worst = next(state for state, count in counts.items() if count)
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    fix = "" if worst == "ok" else "correct those above and check again"
    return [*shown, Check(f"{len(rest)} more groups", worst, told, fix)]
