"""What AD says of the mapping's groups -> a check for each. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.check_line import Check, failed
from runbook.directory_facts import GroupFacts
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName
from runbook.protection import why_group_is_protected
from runbook.settings import Settings

_SECURITY = 0x80000000
_SCOPES = {2: "global", 4: "domain local", 8: "universal"}
_MOST_LINES = 200


def group_checks(names: Iterable[GroupName], facts: Iterable[GroupFacts], settings: Settings) -> list[Check]:
    """A check for each name, the worst first; of very many only the first are told one by one."""
    known = {each.group: each for each in facts}
    index = GroupIndex(known, settings.directory.domain)
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


def _judged(subject: str, facts: GroupFacts, settings: Settings) -> Check:
    group, said = facts.group, _described(facts.kind)
    reason = why_group_is_protected(group, settings.safety.protected_groups)
    if reason:
        return Check(subject, "fail", f"{said}; it {reason}", "take it out of the mapping; it is never changed")
    if facts.member_writable is False:
        account = settings.directory.user or "the bind account"
        return Check(subject, "fail", f"{said}; {account} may not change its members", _right(group.dn, settings))
    if facts.member_writable is None:
        advice = "try one access package that nobody depends on"
        return Check(subject, "warn", f"{said}; the server does not tell whether its members may be changed", advice)
    if facts.kind is not None and not facts.kind & _SECURITY:
        return Check(subject, "warn", f"{said}; its members may be changed", "it gives no rights; map a security group")
    return Check(subject, "ok", f"{said}; its members may be changed")


def _described(kind: int | None) -> str:
    if kind is None:
        return "found once; its type is not readable"
    scope = next((name for bit, name in _SCOPES.items() if kind & bit), "unknown scope")
    return f"found once; {'security' if kind & _SECURITY else 'distribution'} group, {scope}"


def _right(dn: str, settings: Settings) -> str:
    user = settings.directory.user
    account = user if "@" in user or "\\" in user else f"{settings.directory.domain}\\ACCOUNT"
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
