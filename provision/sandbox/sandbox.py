"""The sandbox as one thing: a server, a directory and a world, started and stopped together."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.clock import Clock
from provision.sandbox.conduct import Conduct
from provision.sandbox.control import Control
from provision.sandbox.directory import Directory
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.samba import SambaDirectory
from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.environment import add_catalogs, write_environment
from provision.sandbox.faults import Faults
from provision.sandbox.journal import Journal
from provision.sandbox.multitude import many, population_with
from provision.sandbox.outside import Outside
from provision.sandbox.server import Server
from provision.sandbox.service import Answer, Call
from provision.sandbox.state import StateFolder
from provision.sandbox.telling import account_of, survey, tell_ended, tell_jobs
from provision.sandbox.tokens import TokenAuthority
from provision.sandbox.world import Ground, World

SILENCE = timedelta(minutes=45)


class Sandbox:
    """Listens from construction on, serves between `start` and `stop`.

    Port 0 takes a free port, for tests. `pythons` maps a runtime environment (`Python-3.10`) to the executable that
    runs its jobs. `extra_catalogs` are there beside the seed's, with a package and groups each (`multitude`). `say` is
    told what takes long.

    Raises:
        OSError: a port is taken.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of whoever starts it
        self,
        folder: Path,
        port: int = 0,
        directory: str = "embedded",
        speed: float = 60.0,
        *,
        directory_port: int = 0,
        pythons: Mapping[str, str] | None = None,
        extra_catalogs: int = 0,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = StateFolder(folder)
        self.folder.prepare()
        self.clock, self.faults, self.journal = Clock(speed), Faults(), Journal()
        self.conduct = Conduct()
        """How late it answers and by which clock; a reset ends that too."""
        self.catalogs = (*seed.CATALOGS, *many(extra_catalogs))
        self.authority = TokenAuthority(seed.TENANT)
        self.stopped = threading.Event()
        """Set when somebody has asked over the control plane that it stops."""
        self._certificates = CertificateAuthority(folder)
        self._server = Server(self._respond, self._certificates.server_context(), port, failed=self.journal.failed)
        self.directory_kind = directory
        self.directory = self._make_directory(directory, directory_port, say)
        self._lock = threading.Lock()
        self.control_token = secrets.token_urlsafe(32)
        self._ground = self._make_ground(pythons or {})
        self.world = World(self._ground)
        self._dispatcher = self._make_dispatcher()

    @property
    def url(self) -> str:
        """Where all services answer."""
        return self._server.url

    @property
    def port(self) -> int:
        """The port of `url`."""
        return self._server.port

    @property
    def ca_file(self) -> Path:
        """What clients trust."""
        return self._certificates.ca_file

    @property
    def client_secret(self) -> str:
        """The deployer's client secret, for credentials that use one; it is written nowhere."""
        return self._ground.client_secret

    def start(self) -> None:
        """Serve; the state folder then holds what clients need.

        Raises:
            DirectoryError: the directory cannot be started here.
        """
        self.directory.start()
        self.world.begin()
        self._server.start()
        folder = self.folder
        folder.write_secret(folder.deployer_token, self.authority.issue_federated(seed.DEPLOYER_APP_ID))
        folder.write_secret(folder.administrator_token, self.authority.issue_federated(seed.ADMINISTRATOR_APP_ID))
        folder.write_secret(folder.control_token, self.control_token)

    def stop(self) -> None:
        """Stop everything; the files that open it are deleted."""
        self.world.end()
        self._server.stop()
        self.directory.stop()
        for file in (self.folder.deployer_token, self.folder.administrator_token, self.folder.control_token):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.folder.jobs, ignore_errors=True)

    def reset(self) -> None:
        """Back to the seed: Azure, Graph and the directory; tokens and addresses stay valid."""
        with self._lock:
            self.world.end()
            self.directory.reset()
            self.faults.replace([])
            self.conduct.calm()
            self.authority.names_resources = True
            self.journal.clear()
            self.world = World(self._ground)
            self.world.begin()
            self._dispatcher = self._make_dispatcher()

    def stop_soon(self) -> None:
        """Ask whoever runs the sandbox to stop it."""
        self.stopped.set()

    def environment_file(self, target: Path, *, administrator: bool = False) -> Path:
        """Write `environments/sandbox.yaml`, adapted to this sandbox, to `target`; the mapping goes beside it.

        It signs in as the deployer, or as the `administrator` who may give permissions to the others. It lists the
        extra catalogs too.
        """
        write_environment(target, self.url, self.directory.url, self.folder.path, administrator=administrator)
        if len(self.catalogs) > len(seed.CATALOGS):
            add_catalogs(target, self.catalogs)
        return target

    def grant(self, user: str, package: str) -> dict[str, Any]:
        """Give a package to a user and wait: the request with its callouts, and the user's groups before and after."""
        return self._request(user, lambda world: world.entitlement.grant(user, package))

    def remove(self, user: str, package: str) -> dict[str, Any]:
        """Take a package from a user and wait; answers as `grant`."""
        return self._request(user, lambda world: world.entitlement.remove(user, package))

    def activate(self, workflow: str, user: str) -> dict[str, Any]:
        """Run a lifecycle workflow for a user and wait: its tasks, and the user's groups before and after."""
        return self._request(user, lambda world: world.entitlement.activate(workflow, user))

    def fire(self, schedule: str) -> dict[str, Any]:
        """Start what a schedule starts as if its time had come, and wait: the jobs, and what they said.

        Raises:
            Refusal: 404 for an unknown schedule, 409 for one that starts nothing.
        """
        world = self.world
        return {"schedule": schedule, "jobs": tell_jobs(world.cloud.scheduler.fire(schedule))}

    def assign_silently(self, user: str, package: str) -> dict[str, Any]:
        """Give a package to a user without a request or callout: the assignment, and the user's groups."""
        return {**self.world.entitlement.assign_silently(user, package), "groups": self.groups(user)["groups"]}

    def end_silently(self, user: str, package: str) -> dict[str, Any]:
        """Take a package from a user without a request or callout; answers as `assign_silently`."""
        return {**self.world.entitlement.end_silently(user, package), "groups": self.groups(user)["groups"]}

    def groups(self, user: str) -> dict[str, Any]:
        """The user's account and AD groups.

        Raises:
            Refusal: 404 for an unknown user.
        """
        account = account_of(user)
        return {"account": account, "groups": self.directory.groups_of(account)}

    def silence(self, silent: bool) -> None:  # noqa: FBT001 - the state it is put in
        """Let the hybrid worker be silent, for longer than the service waits for one, or speak again."""
        for group in self.world.cloud.account.groups.values():
            group.last_seen = self.clock.now() - SILENCE if silent else None

    def status(self) -> dict[str, Any]:
        """Where it serves, what is in it, and what went wrong inside."""
        return {
            "url": self.url,
            "directory": {"kind": self.directory_kind, "url": self.directory.url, "base": self.directory.base},
            "speed": self.clock.speed,
            "folder": str(self.folder.path),
            "log": str(self.folder.log),
            **survey(self.world),
            "failures": self.journal.failures(),
        }

    def _request(self, user: str, act: Callable[[World], dict[str, Any]]) -> dict[str, Any]:
        world = self.world
        before = self.groups(user)["groups"]
        told = tell_ended(world, act(world))
        return {**told, "groups": {"before": before, "after": self.groups(user)["groups"]}}

    def _respond(self, call: Call) -> Answer | None:
        return self._dispatcher.answer(call)

    def _make_dispatcher(self) -> Dispatcher:
        control = Control(self, self.faults, self.journal, self.control_token)
        return Dispatcher((control, *self.world.services()), self.faults, self.journal, self.conduct)

    def _make_directory(self, kind: str, port: int, say: Callable[[str], None]) -> Directory:
        certificate = self._certificates.server_certificate()
        population = population_with(self.catalogs)
        if kind == "samba":
            return SambaDirectory(self.folder.path / "samba", certificate, port, population, say=say)
        return EmbeddedDirectory(certificate, port, population)

    def _make_ground(self, pythons: Mapping[str, str]) -> Ground:
        return Ground(
            clock=self.clock,
            authority=self.authority,
            journal=self.journal,
            directory=self.directory,
            outside=Outside(self._certificates.client_context()),
            jobs=self.folder.jobs,
            ca_file=self.ca_file,
            base=lambda: self.url,
            pythons=pythons,
            client_secret=secrets.token_urlsafe(24),
            catalogs=self.catalogs,
        )
