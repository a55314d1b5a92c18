"""One reconcile, ours beside the seed's algorithm: requests to Graph, operations on the directory, wall time.

    python -m benchmarks.reconcile

The world: a tenant with 50,000 assignments in pages of 100; one user with 3 live access packages of 3 groups each, who
is in 6 of the 9 groups and in one more, of a package that has expired. Graph is a stand-in with prepared pages, the
directory the sandbox's embedded one; both count on the server's side. Ours is timed as a worker sees it: the whole
process, from its start to its end. The other one is timed without the start of a process.
"""

from __future__ import annotations

import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ldap3
from rich.console import Console
from rich.table import Table

from benchmarks.seed_algorithm import Seed
from provision.bundle import bundle
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.population import Account, Group, Population
from provision.sandbox.directory.request import Request
from provision.sandbox.directory.session import Reply
from tests.integration import runbook_world as world

ASSIGNMENTS, PAGE, RUNS = 50_000, 100, 5
PACKAGES = [f"77777777-7777-4777-8777-{number:012d}" for number in range(4)]
GROUPS = {package: [f"Group_{place}{letter}" for letter in "ABC"] for place, package in enumerate(PACKAGES)}
HELD = ("Group_0A", "Group_0B", "Group_0C", "Group_1A", "Group_1B", "Group_1C", "Group_3A")
AFTER = sorted(group for package in PACKAGES[:3] for group in GROUPS[package])
LISTING = "/v1.0/identityGovernance/entitlementManagement/assignments"


START, AZURE, ASSIGNED, DIRECTORY, END = (
    "start, until the first request",
    "tokens, settings, mapping, bind password, user",
    "assignments",
    "AD (ldap3 is loaded beside the above)",
    "the result, and the end of the process",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, counted by the servers; `parts` are the seconds that led to the requests of each kind."""

    graph: int
    ldap: int
    seconds: float
    parts: dict[str, float]


@dataclass(slots=True)
class Diary:
    """When each request arrived, and of what kind it was."""

    entries: list[tuple[float, str]] = field(default_factory=list)

    def note(self, kind: str) -> None:
        """Now."""
        self.entries.append((time.perf_counter(), kind))

    def parts(self, begin: float, end: float) -> dict[str, float]:
        """Seconds between one request and the next, summed up by what the next one was."""
        found = dict.fromkeys((START, AZURE, ASSIGNED, DIRECTORY, END), 0.0)
        last, first = begin, True
        for at, kind in [*sorted(self.entries), (end, END)]:
            found[START if first else kind] += at - last
            last, first = at, False
        return found


class TimedDirectory(EmbeddedDirectory):
    """Notes every operation in a diary."""

    diary = Diary()

    def _open_session(self, secure: bool) -> Callable[[Request], Reply]:  # noqa: FBT001 - as the base class
        converse = super()._open_session(secure)

        def noted(request: Request) -> Reply:
            self.diary.note(DIRECTORY)
            return converse(request)

        return noted


class TimedAzure(world.Azure):
    """Notes every request in a diary."""

    diary = Diary()

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> world.Reply:
        """See `Azure.answer`."""
        self.diary.note(ASSIGNED if path == LISTING else AZURE)
        return super().answer(path, query, headers)


def main() -> None:
    """Measure both and print the table."""
    _print(*measured(ASSIGNMENTS, RUNS))


def measured(assignments: int, runs: int) -> tuple[Cost, Cost]:
    """What ours and the seed's algorithm cost in a tenant of so many assignments."""
    with tempfile.TemporaryDirectory() as folder:
        authority = CertificateAuthority(Path(folder))
        directory = TimedDirectory(authority.server_certificate(), 0, _population())
        azure = TimedAzure()
        server = world.AzureServer(azure, authority.server_context())
        directory.start()
        try:
            world.MAPPING = {"AccessPackages": [{"AccessPackageID": p, "ADGroups": g} for p, g in GROUPS.items()]}
            world.furnish(azure, directory, authority.ca_file, [], directory.sid_of("ada.lovelace"))
            azure.serve(LISTING, world.GRAPH, _pages(azure, assignments))
            person = {
                "id": world.USER,
                "userPrincipalName": "ada.lovelace@lab.example",
                "onPremisesSecurityIdentifier": directory.sid_of("ada.lovelace"),
            }
            azure.serve(f"/v1.0/users/{world.USER}", world.GRAPH, lambda _: (200, person))
            script = Path(folder) / "runbook.py"
            script.write_text(bundle().text, encoding="ascii")
            ours = _measure(directory, azure, lambda: _ours(script, azure, authority.ca_file), runs)
            trust = ssl.create_default_context(cafile=str(authority.ca_file))
            theirs = _measure(directory, azure, lambda: _theirs(directory, azure, trust, authority.ca_file), runs)
            return ours, theirs
        finally:
            server.stop()
            directory.stop()


def _population() -> Population:
    members: dict[str, tuple[str, ...]] = dict.fromkeys(HELD, ("ada.lovelace",))
    names = sorted(group for groups in GROUPS.values() for group in groups)
    return Population(
        (Account("ada.lovelace", "Ada Lovelace"),), tuple(Group(name, members.get(name, ())) for name in names)
    )


def _pages(azure: world.Azure, count: int) -> Callable[[Mapping[str, str]], world.Reply]:
    own = [
        world.assignment(package, "expired" if place == 3 else "delivered", number=place + 1)
        for place, package in enumerate(PACKAGES)
    ]
    others = [
        world.assignment(PACKAGES[n % 4], number=n + 10, user=f"66666666-6666-4666-8666-{n:012d}")
        for n in range(count - len(own))
    ]
    rows = [*others[: count // 2], *own, *others[count // 2 :]]

    def page(query: Mapping[str, str]) -> world.Reply:
        if "$filter" in query:
            return 200, {"value": [row for row in own if f"'{row['target']['objectId']}'" in query["$filter"]]}
        start = int(query.get("$skiptoken", "0"))
        body: dict[str, Any] = {"value": rows[start : start + PAGE]}
        if start + PAGE < len(rows):
            body["@odata.nextLink"] = f"{azure.base}{LISTING}?$expand=target,accessPackage&$skiptoken={start + PAGE}"
        return 200, body

    return page


def _ours(script: Path, azure: world.Azure, ca_file: Path) -> None:
    ended = world.run_file(sys.executable, script, world.envelope(azure, access_package=PACKAGES[2]), azure, ca_file)
    if ended.code:
        raise SystemExit(f"the runbook failed: {ended.output}")


def _theirs(directory: EmbeddedDirectory, azure: world.Azure, trust: ssl.SSLContext, ca_file: Path) -> None:
    azure.requests.append("/token")  # a token costs one request here as there
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca_file))
    server = ldap3.Server(directory.url, tls=tls, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, directory.bind_user, directory.bind_password, auto_bind=True)
    Seed(azure.base, f"token:{world.GRAPH}", trust, connection, directory.base).run(world.USER, GROUPS)
    connection.unbind()


def _measure(directory: TimedDirectory, azure: TimedAzure, run: Callable[[], None], runs: int) -> Cost:
    costs = []
    for _ in range(runs):
        directory.reset()
        azure.requests.clear()
        azure.diary = directory.diary = Diary()
        begin = time.perf_counter()
        run()
        end = time.perf_counter()
        found = directory.groups_of("ada.lovelace")
        if found != AFTER:
            raise SystemExit(f"the run ended with the wrong groups: {found}")
        graph = sum(path.startswith(("/v1.0/", "/token")) for path in azure.requests)
        tokens = sum(path == "/identity" for path in azure.requests)
        ldap = sum(exchange.operation in {"bind", "search", "modify"} for exchange in directory.journal)
        costs.append(Cost(graph + min(tokens, 1), ldap, end - begin, azure.diary.parts(begin, end)))
    if len({(cost.graph, cost.ldap) for cost in costs}) != 1:
        raise SystemExit(f"the counts differ between runs: {costs}")
    parts = {part: statistics.median(cost.parts[part] for cost in costs) for part in costs[0].parts}
    return Cost(costs[0].graph, costs[0].ldap, statistics.median(cost.seconds for cost in costs), parts)


def _print(ours: Cost, theirs: Cost) -> None:
    table = Table(title=f"one user, 3 packages, 9 groups, 4 changed; tenant of {ASSIGNMENTS:,} assignments")
    for column in ("", "ours", "the seed", "seed / ours"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row(
        "Graph requests, token included", str(ours.graph), str(theirs.graph), f"{theirs.graph / ours.graph:.0f}"
    )
    table.add_row("LDAP operations", str(ours.ldap), str(theirs.ldap), f"{theirs.ldap / ours.ldap:.1f}")
    ratio = f"{theirs.seconds / ours.seconds:.1f}"
    table.add_row(f"seconds, median of {RUNS}", f"{ours.seconds:.2f}", f"{theirs.seconds:.2f}", ratio)
    Console().print(table)
    parts = Table(title="ours, part by part")
    for column in ("", "milliseconds", "share"):
        parts.add_column(column, justify="left" if not column else "right")
    for part, seconds in ours.parts.items():
        parts.add_row(part, f"{1000 * seconds:.0f}", f"{100 * seconds / ours.seconds:.0f} %")
    Console().print(parts)


if __name__ == "__main__":
    main()
