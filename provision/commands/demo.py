"""`lockstep demo`: the whole story in a terminal, through the same commands a user types, against a sandbox of its own.

I/O: a sandbox in a temporary folder, on free ports, gone at the end.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from provision.commands.apply import apply
from provision.commands.destroy import destroy
from provision.commands.plan import plan
from provision.errors import ProvisionError
from provision.sandbox import seed
from provision.sandbox.directory import DirectoryError
from provision.sandbox.sandbox import Sandbox
from provision.terminal import Tell, Terminal

ADA = "ada.lovelace"
LOOK_SECONDS = 0.2


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
    terminal.show(
        "\nEverything is still there. In another terminal:\n"
        f"  lockstep plan -e {story.file}\n  lockstep render -e {story.file} --catalog Finance\n"
        f"  less {story.sandbox.folder.log}\nCtrl-C ends it."
    )
    terminal.flush()
    try:
        threading.Event().wait()
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
        self._stage()
        self._deploy()
        self._memberships()
        self._refusal()
        if not keep:
            self._tear_down()

    def _stage(self) -> None:
        kind = {"embedded": "an embedded LDAP server", "samba": "a Samba AD domain controller"}
        self._title("A tenant and a domain on this machine")
        self._terminal.table(
            ("what", "where"),
            (
                ("Azure and Entra", self.sandbox.url),
                ("AD domain", f"{self.sandbox.directory.url}  {seed.BASE}  ({kind[self.sandbox.directory_kind]})"),
                ("environment file", self._reference),
                ("mapping", str(self.file.with_name("sandbox.mapping.json"))),
            ),
        )

    def _deploy(self) -> None:
        self._title("What would be deployed", "lockstep plan")
        plan(self._reference, (), "text", self._terminal)
        self._title("Deploy it", "lockstep apply")
        apply(self._reference, (), True, None, "text", self._terminal)  # noqa: FBT003 - the answer to "yes?"
        self._title("A second apply changes nothing", "lockstep plan")
        self._demand(plan(self._reference, (), "text", self._terminal) == 0, "the second plan is not empty")

    def _memberships(self) -> None:
        first, manager = seed.CATALOGS[0].packages
        staff = ["Staff_All"]
        both = sorted({*first.groups, *manager.groups, *staff})
        self._request("grant", first.name, sorted({*first.groups, *staff}), "Somebody gets an access package")
        self._request("grant", manager.name, both, "And another one, which shares a group with the first")
        left = "The first one ends: the shared group stays, and so does what Lockstep does not manage"
        self._request("remove", first.name, sorted({*manager.groups, *staff}), left)
        self._request("remove", manager.name, staff, "The second one ends too")

    def _refusal(self) -> None:
        self._title("Somebody without an AD account gets one: refused, and Entra is not told that it worked")
        request = self._watch("grant", "cloud.only", seed.CATALOGS[0].packages[0].name)
        self._trail(request)
        self._demand(_job_status(request) == "Failed", "the job of a refused user did not fail")

    def _tear_down(self) -> None:
        self._title("Take it all down", "lockstep destroy")
        destroy(self._reference, (), True, "text", self._terminal)  # noqa: FBT003 - the answer to "yes?"
        self._title("What is left")
        left = self.sandbox.status()
        self._terminal.table(
            ("of ours", "count"),
            [(name.replace("_", " "), str(len(left[name]))) for name in ("logic_apps", "runbooks", "variables")],
        )
        self._terminal.show("Of others: all catalogs, packages, policies and the foreign stage setting, untouched.")
        ours = [*left["logic_apps"], *left["runbooks"], *left["variables"]]
        self._demand(not ours, f"destroy left {', '.join(ours)}")

    def _request(self, action: str, package: str, expected: Sequence[str], title: str) -> None:
        self._title(title, f'lockstep sandbox {action} --user {ADA} --package "{package}"')
        request = self._watch(action, ADA, package)
        before, after = request["groups"]["before"], request["groups"]["after"]
        rows = [
            (g, "member" if g in before else "-", "member" if g in after else "-") for g in sorted({*before, *after})
        ]
        self._terminal.table((f"groups of {ADA}", "before", "after"), rows)
        self._trail(request)
        self._demand(after == list(expected), f"expected {', '.join(expected)}, found {', '.join(after)}")

    def _watch(self, action: str, user: str, package: str) -> dict[str, Any]:
        """Plays the requester, and tells where the request is while it runs."""
        act: Callable[[str, str], dict[str, Any]] = getattr(self.sandbox, action)
        with self._terminal.progress(f"{action} {package} to {user}") as tell, ThreadPoolExecutor(1) as other:
            request = other.submit(act, user, package)
            while not request.done():
                self._tell_state(tell)
                time.sleep(LOOK_SECONDS)
            return request.result()

    def _tell_state(self, tell: Tell) -> None:
        requests = self.sandbox.status()["requests"]
        if requests:
            job = _job_status(requests[0])
            tell(f"{requests[0]['status']}" + (f", job {job}" if job else ""))

    def _trail(self, request: dict[str, Any]) -> None:
        """Request, Logic App run, job and callback, each with where it can be looked at."""
        rows = [("request", request["status"], request["request"])]
        for callout in request["callouts"]:
            if callout["run"] is None:
                continue
            rows.append(("Logic App run", callout["run"]["status"], callout["run"]["name"]))
            if callout["job"] is not None:
                rows.append(("job", callout["job"]["status"], callout["job"]["id"]))
            if callout["outcome"] is not None:
                rows.append(("runbook", callout["outcome"]["outcome"], callout["outcome"]["detail"]))
        self._terminal.table(("part", "state", "id or words"), rows)

    def _title(self, text: str, command: str = "") -> None:
        self._step += 1
        self._terminal.show(f"\n[bold cyan]{self._step}. {text}[/bold cyan]", markup=True)
        if command:
            self._terminal.show(f"[dim]$ {command}[/dim]", markup=True)

    @staticmethod
    def _demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not holds:
            raise ProvisionError(f"the demo did not go as told: {otherwise}. Please report it with this output.")


def _job_status(request: dict[str, Any]) -> str:
    jobs = [callout["job"]["status"] for callout in request["callouts"] if callout["job"] is not None]
    return str(jobs[-1]) if jobs else ""
