"""`lockstep demo`: the whole story in a terminal, through the same commands a user types, against a sandbox of its own.

I/O: a sandbox in a temporary folder, on free ports, gone at the end.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from provision.commands.apply import apply
from provision.commands.condensed import Condensed
from provision.commands.demo_report import (
    Holdings,
    group_rows,
    holdings,
    job_status,
    left_rows,
    place_rows,
    task_rows,
    trail_rows,
)
from provision.commands.destroy import destroy
from provision.commands.doctor import doctor
from provision.commands.plan import plan
from provision.commands.reconcile import everybody
from provision.commands.runs import show as runs
from provision.commands.two_steps import Options
from provision.errors import ProvisionError
from provision.sandbox import seed
from provision.sandbox.directory import DirectoryError
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.state import Record
from provision.terminal import Tell, Terminal

ADA, ALAN = "ada.lovelace", "alan.turing"
LOOK_SECONDS = 0.2
SHOWN = 3
"""Runs in the chapter about what ran."""


def demo(terminal: Terminal, directory: str, keep: bool) -> int:  # noqa: FBT001 - the command line's own order
    """Deploys, grants, removes and tears down; 0 when every step did what it tells.

    Raises:
        ProvisionError: the sandbox cannot start here, or a step did not do what it should.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lockstep-demo-") as folder:
        sandbox = _started(Path(folder), directory, terminal)
        try:
            story = _Story(sandbox, sandbox.environment_file(Path(folder) / "sandbox.yaml"), terminal)
            story.tell(keep=keep)
            terminal.show(f"\nThat took {time.monotonic() - started:.0f} seconds.")
            if keep:
                _stay(story, terminal)
        finally:
            sandbox.stop()
    return 0


def _started(folder: Path, directory: str, terminal: Terminal) -> Sandbox:
    with terminal.progress("Starting a sandbox") as tell:
        sandbox = Sandbox(folder / "state", directory=directory, say=tell)
        try:
            sandbox.start()
        except DirectoryError as error:
            sandbox.stop()
            raise ProvisionError(f"the {directory} directory cannot start here: {error}") from error
    return sandbox


def _stay(story: _Story, terminal: Terminal) -> None:
    """Waits for Ctrl-C; the record in the state folder lets `lockstep sandbox` find the sandbox meanwhile."""
    sandbox = story.sandbox
    place, speed = sandbox.directory.url, sandbox.clock.speed
    Record(os.getpid(), sandbox.url, sandbox.directory_kind, place, speed).write(sandbox.folder)
    terminal.show(
        "\nEverything is still there. In another terminal:\n"
        f"  export LOCKSTEP_SANDBOX_DIR={sandbox.folder.path}\n"
        "  lockstep sandbox status\n"
        '  lockstep sandbox grant --user grace.hopper --package "Engineer"\n'
        f"  lockstep render -e {story.file} --catalog Finance\n"
        f"  lockstep destroy -e {story.file}\n"
        "Ctrl-C here ends it."
    )
    terminal.flush()
    try:
        sandbox.stopped.wait()
    except KeyboardInterrupt:
        terminal.say("The sandbox is gone.")


class _Story:
    """The steps; each says what happens, does it, and shows what came of it."""

    def __init__(self, sandbox: Sandbox, file: Path, terminal: Terminal) -> None:
        self.sandbox = sandbox
        self.file = file
        self._reference = str(file)
        self._terminal = terminal
        self._step = 0

    def tell(self, *, keep: bool) -> None:
        """From nothing to membership, and back."""
        others = holdings(self.sandbox.world.entitlement.tenant.rows)
        self._stage()
        self._deploy()
        self._examine()
        self._memberships()
        self._without_account()
        self._first_day()
        self._sweep()
        self._history()
        if not keep:
            self._tear_down()
            self._left(others)

    def _stage(self) -> None:
        kind = {"embedded": "an embedded LDAP server", "samba": "a Samba AD domain controller"}
        self._title("A tenant and a domain on this machine")
        self._terminal.table(
            ("what", "where"),
            (
                ("Azure and Entra", self.sandbox.url),
                ("AD domain", f"{self.sandbox.directory.url}, {kind[self.sandbox.directory_kind]}"),
                ("environment file", self._reference),
                ("mapping", str(self.file.with_name("sandbox.mapping.json"))),
            ),
        )

    def _deploy(self) -> None:
        self._title("Deploy: apply shows its plan, then does it", "lockstep apply -e sandbox --yes")
        with self._condensed("apply") as terminal:
            apply(self._reference, (), True, None, "text", terminal)  # noqa: FBT003 - the answer to "yes?"
        self._title("A second plan has nothing left to do", "lockstep plan -e sandbox")
        self._demand(
            plan(self._reference, (), "text", self._terminal, exit_code=True) == 0, "the second plan is not empty"
        )

    def _examine(self) -> None:
        self._title(
            "Every link of the chain is checked, the domain by a job on the worker", "lockstep doctor -e sandbox"
        )
        with self._terminal.progress("doctor") as tell:
            terminal = Condensed(self._terminal, tell)
            code = doctor(self._reference, (), "text", terminal, worker=True, fix=False, yes=False)
        self._terminal.show(terminal.results[0].partition("\n")[0])
        self._demand(code == 0, "doctor found something broken")

    def _memberships(self) -> None:
        first, manager = seed.CATALOGS[0].packages
        staff = ["Staff_All"]
        both = sorted({*first.groups, *manager.groups, *staff})
        request = self._request("grant", first.name, sorted({*first.groups, *staff}), "Ada gets an access package")
        self._terminal.show("")
        self._terminal.table(("part", "where the portals show it"), place_rows(request, seed.AUTOMATION_ACCOUNT))
        self._request("grant", manager.name, both, "And another one, which shares a group with the first")
        left = "The first one ends: the shared group stays, and so does what Lockstep does not manage"
        self._request("remove", first.name, sorted({*manager.groups, *staff}), left)
        self._request("remove", manager.name, staff, "The second one ends too")

    def _without_account(self) -> None:
        package = seed.CATALOGS[0].packages[0].name
        title = "Somebody without an AD account gets one: its job is pending, and Entra is not told that it worked"
        self._title(title, f'lockstep sandbox grant --user cloud.only --package "{package}"')
        request = self._watch("grant", "cloud.only", package)
        self._terminal.table(("part", "state", "id or words"), trail_rows(request))
        self._demand(job_status(request) == "Failed", "the job for a user without an account did not fail")
        self._demand(request["state"] != "delivered", "Entra was told that a request without effect is delivered")

    def _first_day(self) -> None:
        package = seed.CATALOGS[1].packages[0]
        self._title(
            "Alan's first day: a lifecycle workflow brings him the groups of the package he was given before",
            f'lockstep sandbox grant --user {ALAN} --package "{package.name}" --silently\n'
            f'$ lockstep sandbox activate --user {ALAN} --workflow "{JOINER}"',
        )
        self.sandbox.assign_silently(ALAN, package.name)
        with self._terminal.progress(f"{JOINER} for {ALAN}"):
            run = self.sandbox.activate(JOINER, ALAN)
        after = run["groups"]["after"]
        self._terminal.table((f"groups of {ALAN}", "before", "after"), group_rows(run["groups"]["before"], after))
        self._terminal.show("")
        self._terminal.table(("part", "state", "id or words"), task_rows(run))
        self._demand(set(package.groups) <= set(after), f"{JOINER} did not bring the groups of {package.name}")

    def _sweep(self) -> None:
        package = seed.CATALOGS[1].packages[0].name
        self._title(
            "Alan's package ends and nobody calls: a sweep looks at everybody, shows what is wrong, and puts it right",
            f'lockstep sandbox remove --user {ALAN} --package "{package}" --silently\n'
            "$ lockstep reconcile --all -e sandbox --apply --yes",
        )
        self.sandbox.end_silently(ALAN, package)
        with self._terminal.progress("reconcile") as tell:
            terminal = Condensed(self._terminal, tell)
            code = everybody(self._reference, Options(apply=True, yes=True), terminal)
        first, *others = terminal.results
        self._terminal.show(first)
        for columns, rows in terminal.tables:
            self._terminal.table(columns, rows)
        for text in others:
            self._terminal.show(text)
        after = self.sandbox.groups(ALAN)["groups"]
        self._demand(code == 0 and after == ["Staff_All"], f"the sweep left {ALAN} in {', '.join(after)}")

    def _history(self) -> None:
        self._title("What ran, the newest first", "lockstep runs -e sandbox --limit 3")
        with self._terminal.progress("runs") as tell:
            terminal = Condensed(self._terminal, tell)
            runs(self._reference, (), False, False, timedelta(hours=1), SHOWN, "text", terminal)  # noqa: FBT003 - as typed
        self._terminal.table(*terminal.tables[0])

    def _tear_down(self) -> None:
        self._title("Take it all down, the newest first", "lockstep destroy -e sandbox --yes")
        with self._condensed("destroy") as terminal:
            destroy(self._reference, (), True, "text", terminal)  # noqa: FBT003 - the answer to "yes?"

    def _left(self, others: Holdings) -> None:
        self._title("What is left")
        there, now = self.sandbox.status(), holdings(self.sandbox.world.entitlement.tenant.rows)
        ours = {"Logic Apps": there["logic_apps"], "runbooks": there["runbooks"], "variables": there["variables"]}
        groups = [("AD", f"groups of {who}", ", ".join(self.sandbox.groups(who)["groups"])) for who in (ADA, ALAN)]
        self._terminal.table(("whose", "what", "left"), [*left_rows(ours, now, others), *groups])
        self._demand(not any(ours.values()), "destroy left something of Lockstep's")
        self._demand(now == others, "something in Entra that is not Lockstep's has changed")

    def _request(self, action: str, package: str, expected: Sequence[str], title: str) -> dict[str, Any]:
        self._title(title, f'lockstep sandbox {action} --user {ADA} --package "{package}"')
        request = self._watch(action, ADA, package)
        after = request["groups"]["after"]
        self._terminal.table((f"groups of {ADA}", "before", "after"), group_rows(request["groups"]["before"], after))
        self._terminal.show("")
        self._terminal.table(("part", "state", "id or words"), trail_rows(request))
        self._demand(after == list(expected), f"expected {', '.join(expected)}, found {', '.join(after)}")
        return request

    def _watch(self, action: str, user: str, package: str) -> dict[str, Any]:
        """Plays the requester, and tells where the request is while it runs."""
        act: Callable[[str, str], dict[str, Any]] = getattr(self.sandbox, action)
        title = f"{action} {package} {'to' if action == 'grant' else 'from'} {user}"
        with self._terminal.progress(title) as tell, ThreadPoolExecutor(1) as other:
            request = other.submit(act, user, package)
            while not request.done():
                self._tell_state(tell)
                time.sleep(LOOK_SECONDS)
            return request.result()

    def _tell_state(self, tell: Tell) -> None:
        requests = self.sandbox.status()["requests"]
        if requests:
            job = job_status(requests[0])
            tell(f"{requests[0]['status']}" + (f", job {job}" if job else ""))

    @contextmanager
    def _condensed(self, command: str) -> Iterator[Terminal]:
        with self._terminal.progress(command) as tell:
            terminal = Condensed(self._terminal, tell)
            yield terminal
        for text in terminal.results:
            self._terminal.show(text)

    def _title(self, text: str, command: str = "") -> None:
        self._step += 1
        self._terminal.show(f"\n[bold cyan]{self._step}. {text}[/bold cyan]", markup=True)
        if command:
            self._terminal.show(f"[dim]$ {command}[/dim]", markup=True)

    @staticmethod
    def _demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not holds:
            raise ProvisionError(f"the demo did not go as told: {otherwise}. Please report it with this output.")
