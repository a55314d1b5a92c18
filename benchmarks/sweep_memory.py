"""How much memory a sweep takes: planning and telling it, for worlds that are made up, each in a process of its own.

    python -m benchmarks.sweep_memory

AD and Graph are left out: their answers are read piece by piece and thrown away, what stays is measured here.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from runbook.directory import Group
from runbook.group_index import GroupIndex
from runbook.group_name import parse_group_name
from runbook.mapping import MappedPackage, Mapping
from runbook.membership import Account, Grant, Members
from runbook.record import Records
from runbook.safety import Budgets, Limit, Safety
from runbook.sweep_draft import draft_sweep
from runbook.sweep_plan import plan_sweep
from runbook.sweep_report import plan_records
from runbook.sweep_scope import sweep_scope

SIZES = ((1_000, 50, 0), (20_000, 500, 200), (100_000, 5_000, 200))
"""Users, groups, members of each; the first is what the interpreter and our modules take by themselves."""
MOVES = 5  # additions in each group of 200, and as many removals: 5 %
DOMAIN = "S-1-5-21-1-2-3"


def main() -> None:
    """Measure each world in its own process, and print the table."""
    if len(sys.argv) > 1:
        print(*_measured(*map(int, sys.argv[1:4])))
        return
    table = Table(title="memory of a sweep, 5 % changed")
    for column in ("memberships", "users", "groups", "seconds to plan", "MiB at most", "bytes for each membership"):
        table.add_column(column, justify="right")
    base = 0.0
    for users, groups, per_group in SIZES:
        command = [sys.executable, "-m", "benchmarks.sweep_memory", str(users), str(groups), str(per_group)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()  # noqa: S603 - ourselves
        seconds, kibibytes = float(told[0]), float(told[1])
        base = base or kibibytes
        count = groups * per_group
        each = f"{(kibibytes - base) * 1024 / count:.0f}" if count else ""
        table.add_row(f"{count:,}", f"{users:,}", f"{groups:,}", f"{seconds:.2f}", f"{kibibytes / 1024:.0f}", each)
    Console().print(table)


def _measured(users: int, groups: int, per_group: int) -> tuple[float, int]:
    """Seconds of planning, and the most memory that this process had, in KiB."""
    known = [_group(number) for number in range(groups)]
    mapping = Mapping(tuple(_package(number, group) for number, group in enumerate(known)))
    no_limit = Limit()
    safety = Safety(budgets=Budgets(no_limit, no_limit, no_limit))
    moves = MOVES if per_group else 0
    members = {group.guid: Members(frozenset(_people(users, n, 0, per_group))) for n, group in enumerate(known)}
    grants = tuple(
        Grant(f"{n:08x}-{sid[-8:]}", _package_id(n), f"user-{sid}", live=True, sid=sid, copied_sid=sid, since="2026")
        for n in range(groups)
        for sid in _people(users, n, moves, per_group)
    )
    begin = time.perf_counter()
    scope = sweep_scope(mapping, safety, GroupIndex(known, "lab"))
    draft = draft_sweep(scope, members, {}, grants, ())
    accounts = {sid: Account(sid, sid) for sid in draft.sids}
    plan = plan_sweep(draft, accounts, safety, over_budget=False, adds_over_budget=False)
    seconds = time.perf_counter() - begin
    Records(lambda _: None).put(plan_records(plan, {}))
    found = sum(len(each.add) + len(each.remove) for each in plan.groups)
    if found != 2 * moves * groups:
        raise SystemExit(f"{found} changes instead of {2 * moves * groups}")
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _people(users: int, group: int, first: int, count: int) -> Iterator[str]:
    """SIDs, each a text of its own, as they come from the wire."""
    return (f"{DOMAIN}-{10_000 + (group * 37 + place) % users}" for place in range(first, first + count))


def _group(number: int) -> Group:
    guid = f"aaaaaaaa-0000-4000-8000-{number:012d}"
    return Group(guid, f"{DOMAIN}-{900_000 + number}", f"CN=Group_{number},DC=lab", f"Group_{number}", domain="lab")


def _package(number: int, group: Group) -> MappedPackage:
    return MappedPackage(_package_id(number), (parse_group_name(group.account),), 1, 1)


def _package_id(number: int) -> str:
    return f"77777777-7777-4777-8777-{number:012d}"


if __name__ == "__main__":
    main()
