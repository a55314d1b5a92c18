"""What grows with the tenant and with a group, as a picture: `docs/growth.svg`.

    python -m benchmarks.growth

Left: a job of one person in a tenant of more and more assignments, beside the algorithm that this kit replaces (see
`reconcile`), and the reading of everybody's assignments for a sweep. Right: one group on Samba of more and more
members, read wholly, and then rid of 10 of them and given them back.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter

from benchmarks import reconcile
from benchmarks.sweep_world import KeepAliveServer, Pages, Size, account, population
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.samba import SambaDirectory
from runbook.deadline import Deadline
from runbook.directory_memberships import LdapMemberships, open_memberships
from runbook.entitlement import Entitlement
from runbook.everybody import read_everybody
from runbook.group_name import parse_group_name
from runbook.https import Https, UrllibTransport
from runbook.identity import ManagedIdentity, Secret
from runbook.main import SystemClock
from runbook.settings import DirectoryServer, DirectorySettings
from tests.integration import runbook_world as world

TENANTS = (1_000, 10_000, 100_000, 300_000)
GROUPS = (10, 100, 1_000, 10_000, 20_000, 50_000)
CHUNK, MOVED = 500, 10
PICTURE = Path(__file__).parents[1] / "docs" / "growth.svg"

Line = list[tuple[int, float]]


def main() -> None:
    """Measure everything, print it, and draw the picture."""
    tenants: dict[str, Line] = {
        "one person": [],
        "one person, the seed": [],
        "everybody's assignments, for a sweep": [],
    }
    for size in TENANTS:
        ours, theirs = reconcile.measured(size, runs=1)
        for name, seconds in zip(tenants, (ours.seconds, theirs.seconds, _assignments(size)), strict=True):
            tenants[name].append((size, seconds))
            _say(f"{size:,} assignments: {name}: {seconds:.2f} s")
    _draw(tenants, _groups())


def _assignments(count: int) -> float:
    """Seconds to read so many assignments of 200 people each, and all users."""
    size = Size(users=20_000, groups=count // 200, per_group=200)
    sids = {account(number): f"S-1-5-21-1-2-3-{10_000 + number}" for number in range(size.users)}
    with tempfile.TemporaryDirectory() as folder:
        authority = CertificateAuthority(Path(folder))
        azure = world.Azure()
        pages = Pages(size, sids)
        server = KeepAliveServer(azure, pages, authority.server_context())
        try:
            return _read(azure, authority.ca_file, pages, count)
        finally:
            server.stop()


def _read(azure: world.Azure, ca_file: Path, pages: Pages, count: int) -> float:
    https = Https(_trusting(ca_file), _deadline())
    environ = {"IDENTITY_ENDPOINT": f"{azure.base}/identity", "IDENTITY_HEADER": "the-header"}
    graph = Entitlement(azure.base, world.GRAPH, https, ManagedIdentity(environ, https))
    begin = time.perf_counter()
    everybody = read_everybody(graph, pages.packages)
    seconds = time.perf_counter() - begin
    if len(everybody.grants) != count or everybody.problems:
        raise SystemExit(f"{len(everybody.grants)} assignments were read: {everybody.problems[:1]}")
    return seconds


def _trusting(ca_file: Path) -> UrllibTransport:
    transport = UrllibTransport()
    transport.tls.load_verify_locations(ca_file)
    return transport


def _groups() -> dict[str, Line]:
    """Fills one group more and more, and measures it at each size."""
    size = Size(users=max(GROUPS), groups=1, per_group=0)
    home = Path(tempfile.gettempdir()) / f"lockstep-{size.users}"
    with tempfile.TemporaryDirectory() as folder:
        authority = CertificateAuthority(Path(folder))
        directory = SambaDirectory(home, authority.server_certificate(), 0, population(size), say=_say)
        directory.start()
        try:
            sids = [str(directory.sid_of(account(number))) for number in range(size.users)]
            return _grown(_opened(directory, authority.ca_file), sids)
        finally:
            directory.stop()


def _grown(memberships: LdapMemberships, sids: list[str]) -> dict[str, Line]:
    reading: Line = []
    writing: Line = []
    (group,) = memberships.groups(frozenset({parse_group_name("Group_0000")}), frozenset())
    filled = 0
    for size in GROUPS:
        for start in range(filled, size, CHUNK):
            memberships.write(group, tuple(sids[start : min(start + CHUNK, size)]), ())
        filled = size
        begin = time.perf_counter()
        found = len(memberships.members(group))
        reading.append((size, time.perf_counter() - begin))
        if found != size:
            raise SystemExit(f"the group has {found} members instead of {size}")
        moved = tuple(sids[:MOVED])
        begin = time.perf_counter()
        memberships.write(group, (), moved)
        memberships.write(group, moved, ())
        writing.append((size, time.perf_counter() - begin))
        _say(f"{size:,} members: read in {reading[-1][1]:.3f} s, 20 changed in {writing[-1][1]:.3f} s")
    memberships.close()
    return {"read": reading, f"change {2 * MOVED}": writing}


def _opened(directory: SambaDirectory, ca_file: Path) -> LdapMemberships:
    port = int(directory.url.rpartition(":")[2])
    server = DirectoryServer("localhost", port, start_tls=False, certificate_name="localhost")
    settings = DirectorySettings(
        (server,), directory.base, "LAB", str(ca_file), "simple", directory.bind_user, password=None
    )
    return open_memberships(settings, Secret(directory.bind_password), _deadline())


def _deadline() -> Deadline:
    return Deadline(datetime.now(UTC) + timedelta(hours=1), SystemClock())


def _draw(tenants: dict[str, Line], groups: dict[str, Line]) -> None:
    mpl.rcParams.update({"font.family": "sans-serif", "font.size": 10, "svg.hashsalt": "lockstep"})
    picture, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    _panel(left, tenants, "A tenant grows", "assignments")
    _panel(right, groups, "A group grows", "members")
    picture.savefig(PICTURE, metadata={"Date": None})
    _say(f"wrote {PICTURE}")


def _panel(axes: Any, lines: dict[str, Line], title: str, what: str) -> None:
    for (name, points), marker in zip(lines.items(), "osD^", strict=False):
        axes.plot(*zip(*points, strict=True), marker=marker, markersize=5, label=name)
    axes.set(xscale="log", yscale="log", xlabel=what, ylabel="seconds", title=title)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=9)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
