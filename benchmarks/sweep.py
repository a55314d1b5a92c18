"""A sweep over everybody, the uploaded file against a real domain controller, beside the least that LDAP itself takes.

    python -m benchmarks.sweep [USERS GROUPS MEMBERS_PER_GROUP]

The domain is Samba's (see `sweep_world`), made once and kept in the system's folder for temporary files: that takes
minutes. Every run begins with the same domain. What a run is measured against ran in the same minute: `floor` (the same
reads and writes by OpenLDAP's programs) and the way that goes person by person (a sample of it, scaled).
"""

from __future__ import annotations

import json
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ldap3
from rich.console import Console
from rich.table import Table

from benchmarks.floor import Floor
from benchmarks.sweep_world import (
    KeepAliveServer,
    Pages,
    Size,
    account,
    assigned,
    mapping,
    members,
    population,
)
from provision.bundle import bundle
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.population import TEAMS
from provision.sandbox.directory.samba import SambaDirectory
from tests.integration import runbook_world as world

RUNS, SAMPLE = 3, 200
OF_AD = ("members", "accounts", "write", "members again")
"""The parts of a sweep that are spent with AD."""
USUAL = Size(users=20_000, groups=500, per_group=200)


@dataclass
class Measured:
    """Seconds of each run."""

    dry: list[float]
    applied: list[float]
    unchanged: list[float]
    floor_reads: list[float]
    floor_accounts: list[float]
    floor_writes: list[float]
    floor_graph: list[float]
    sample: list[float]
    parts: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs share."""

    size: Size
    directory: SambaDirectory
    azure: world.Azure
    script: Path
    ca_file: Path
    floor: Floor
    sids: dict[str, str]
    urls: list[str]
    graph: KeepAliveServer


def main() -> None:
    """Measure and print the table."""
    size = Size(*map(int, sys.argv[1:4])) if len(sys.argv) > 1 else USUAL
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = CertificateAuthority(folder)
        home = Path(tempfile.gettempdir()) / f"lockstep-{size.users}-{size.groups}-{size.per_group}"
        directory = SambaDirectory(home, authority.server_certificate(), 0, population(size), say=_say)
        _say(f"starting Samba with {size.users:,} users, {size.groups:,} groups, {size.memberships:,} memberships")
        directory.start()
        try:
            stage = _stage(size, directory, authority, folder)
            try:
                _print(size, _measured(stage))
            finally:
                stage.graph.stop()
        finally:
            directory.stop()


def _stage(size: Size, directory: SambaDirectory, authority: CertificateAuthority, folder: Path) -> Stage:
    world.MAPPING = mapping(size)
    azure = world.Azure()
    sids = {account(number): str(directory.sid_of(account(number))) for number in range(size.users)}
    pages = Pages(size, sids)
    server = KeepAliveServer(azure, pages, authority.server_context())
    settings = world.furnish(azure, directory, authority.ca_file, [], None)
    no_limit = {"count": None, "percent": None, "minimum": 0}
    settings["safety"]["budgets"] = {"run": no_limit, "group": no_limit, "user": no_limit}
    script = folder / "runbook.py"
    script.write_text(bundle().text, encoding="ascii")
    floor = Floor(
        directory.url, directory.bind_user, directory.bind_password, directory.base, authority.ca_file, folder
    )
    return Stage(size, directory, azure, script, authority.ca_file, floor, sids, pages.urls(azure.base), server)


def _measured(stage: Stage) -> Measured:
    found = Measured([], [], [], [], [], [], [], [], {})
    for number in range(RUNS):
        _say(f"run {number + 1} of {RUNS}")
        stage.directory.reset()
        _floor(stage, found)
        stage.directory.reset()
        seconds, checksum = _sweep(stage, apply=False, checksum="", outcome="done")
        found.dry.append(seconds)
        found.applied.append(_sweep(stage, apply=True, checksum=checksum, outcome="done", parts=found.parts)[0])
        found.unchanged.append(_sweep(stage, apply=False, checksum="", outcome="nothing_to_do")[0])
        stage.directory.reset()
        found.sample.append(_one_by_one(stage))
    return found


def _sweep(
    stage: Stage, *, apply: bool, checksum: str, outcome: str, parts: dict[str, list[float]] | None = None
) -> tuple[float, str]:
    envelope = world.asked_by("sweep", stage.azure, apply=apply, checksum=checksum)
    begin = time.perf_counter()
    ended = world.run_file(sys.executable, stage.script, envelope, stage.azure, stage.ca_file)
    seconds = time.perf_counter() - begin
    if ended.result["outcome"] != outcome or (apply and not ended.result["verified"]):
        raise SystemExit(f"the sweep ended otherwise than expected: {json.dumps(ended.result)[:2000]}")
    if parts is not None:
        for part, spent in ended.result["seconds"].items():
            parts.setdefault(part, []).append(spent)
    return seconds, str(ended.result["checksum"])


def _floor(stage: Stage, found: Measured) -> None:
    size, names = stage.size, [f"Group_{number:04d}" for number in range(stage.size.groups)]
    found.floor_reads.append(stage.floor.groups(names) + stage.floor.members(names))
    changes, changed = [], set()
    for number, name in enumerate(names):
        before, after = set(members(size, number)), set(assigned(size, number))
        add = [stage.sids[account(person)] for person in sorted(after - before)]
        remove = [stage.sids[account(person)] for person in sorted(before - after)]
        changed |= {*add, *remove}
        changes.append((f"CN={name},{TEAMS}", add, remove))
    found.floor_accounts.append(stage.floor.accounts(sorted(changed)))
    found.floor_writes.append(stage.floor.modify(changes) + stage.floor.members(names))
    found.floor_graph.append(stage.floor.pages(stage.urls))


def _one_by_one(stage: Stage) -> float:
    """Seconds of one change as it is done person by person: a look-up, a read of memberOf, a modify."""
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(stage.ca_file))
    server = ldap3.Server(stage.directory.url, tls=tls, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, stage.directory.bind_user, stage.directory.bind_password, auto_bind=True)
    begin = time.perf_counter()
    for number in range(SAMPLE):
        group = number % stage.size.groups
        person = min(set(assigned(stage.size, group)) - set(members(stage.size, group)))
        connection.search(stage.directory.base, f"(sAMAccountName={account(person)})", attributes=["objectSid"])
        dn = (connection.response or [])[0]["dn"]
        connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["memberOf"])
        change = {"member": [(ldap3.MODIFY_ADD, [dn])]}
        connection.modify(f"CN=Group_{group:04d},{TEAMS}", change)  # type: ignore[no-untyped-call]
    seconds = (time.perf_counter() - begin) / SAMPLE
    connection.unbind()
    return seconds


def _print(size: Size, found: Measured) -> None:
    middle: Callable[[list[float]], float] = statistics.median
    reads, accounts, writes = middle(found.floor_reads), middle(found.floor_accounts), middle(found.floor_writes)
    graph, applied, each = middle(found.floor_graph), middle(found.applied), middle(found.sample)
    changes = 2 * size.moves * size.groups
    console = Console(width=120)
    title = f"{size.users:,} users, {size.groups:,} groups, {size.memberships:,} memberships, {changes:,} changes"
    table = _table(title, "seconds", "floor of AD", "ratio", "floor of AD and Graph", "ratio")
    for name, ours, floor, pages in (
        ("apply: reads, writes, reads back", applied, reads + accounts + writes, 2 * graph),
        ("dry run, everything to change", middle(found.dry), reads + accounts, graph),
        ("dry run, nothing to change", middle(found.unchanged), reads, graph),
    ):
        both = floor + pages
        table.add_row(name, *(f"{n:.2f}" for n in (ours, floor, ours / floor, both, ours / both)))
    console.print(table)
    parts = _table("an apply, part by part", "seconds", "share")
    for part, spent in found.parts.items():
        parts.add_row(part, f"{middle(spent):.2f}", f"{100 * middle(spent) / applied:.0f} %")
    rest = applied - sum(map(middle, found.parts.values()))
    parts.add_row("start of the process, and its end", f"{rest:.2f}", f"{100 * rest / applied:.0f} %")
    console.print(parts)
    ours = sum(middle(found.parts[part]) for part in OF_AD)
    floor = reads + accounts + writes
    looked = middle(found.parts["members"])
    console.print(
        f"AD alone, apply ({', '.join(OF_AD)}): {ours:.2f} s, {ours / floor:.2f} of the floor of AD\n"
        f"AD alone, nothing to change (members): {looked:.2f} s, {looked / reads:.2f} of it"
    )
    single = _table(
        f"one by one: a look-up, a read, a modify; {SAMPLE} done, {1000 * each:.1f} ms each", "seconds", "in sweeps"
    )
    for name, times in (("the changes", changes), ("every membership", size.memberships)):
        single.add_row(f"{name}, {times:,}", f"{each * times:.1f}", f"{each * times / applied:.1f}")
    console.print(single)
    rates = (size.memberships / applied, changes / applied)
    console.print("in each second of an apply: {:,.0f} memberships compared, {:,.0f} changed".format(*rates))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
