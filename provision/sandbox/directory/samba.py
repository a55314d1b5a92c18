"""A real domain controller: Samba AD DC in a private folder, on a loopback address of its own, no system service.

Samba's LDAP ports are compiled in, so it listens on its own 127/8 address, and a forwarder makes it answer at
`ldaps://localhost:<port>` like the embedded directory. It is a child process and ends with this one.
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from provision.sandbox import seed
from provision.sandbox.directory import DirectoryError, samba_packages
from provision.sandbox.directory.forwarder import Forwarder
from provision.sandbox.directory.population import SEED, Population
from provision.sandbox.directory.samba_folder import SambaFolder

LDAP, LDAPS = 389, 636
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class SambaDirectory:
    """A `Directory` at `ldaps://localhost:<port>`; port 0 takes a free one.

    `certificate` is a certificate and its private key, both PEM. `address` is where Samba itself listens; without one
    it follows from `folder`, so that several can run side by side. `say` is told what takes long. The folder keeps the
    domain, so that the next start in it is quick.
    """

    def __init__(  # noqa: PLR0913 - what is asked of a user is the first two
        self,
        folder: Path,
        certificate: tuple[Path, Path],
        port: int = 18636,
        population: Population = SEED,
        *,
        address: str | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.address = address or _address(folder)
        self._realm = population.realm
        self._folder = SambaFolder(folder.resolve(), self.address, certificate, population)
        self._forwarder = Forwarder(port, (self.address, LDAPS))
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._sids: dict[str, str] = {}

    @property
    def url(self) -> str:
        """`ldaps://localhost:<port>`."""
        return f"ldaps://localhost:{self._forwarder.port}"

    @property
    def base(self) -> str:
        """The DN of the domain."""
        return self._realm.base

    @property
    def bind_user(self) -> str:
        """The account for the runbook."""
        return self._realm.bind_user

    @property
    def bind_password(self) -> str:
        """The password of that account."""
        return seed.BIND_PASSWORD

    def start(self) -> None:
        """Install Samba if need be, make the domain if need be, and listen, populated.

        Raises:
            DirectoryError: any of that cannot be done here.
        """
        self._folder.check_path()
        samba_packages.ensure(self._say)
        self._check_address()
        if not self._folder.provisioned():
            self._say("making the domain (about 10 s)")
            self._folder.provision()
        try:
            self._forwarder.start()
        except OSError as error:
            raise DirectoryError(
                f"The directory cannot listen on port {self._forwarder.port} of localhost: {error.strerror}. "
                "Stop what uses the port, or choose another."
            ) from error
        try:
            self.reset()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop listening and end Samba."""
        self._forwarder.stop()
        self._end()

    def reset(self) -> None:
        """Back to the population; open connections end.

        Raises:
            DirectoryError: Samba did not start again.
        """
        self._end()
        self._folder.restore()
        self._begin()
        self._sids = {account: known["sid"] for account, known in self._folder.principals().items()}

    def sid_of(self, account: str) -> str | None:
        """The SID of a principal that was there at the start."""
        wanted = account.casefold()
        return next((sid for name, sid in self._sids.items() if name.casefold() == wanted), None)

    def groups_of(self, account: str) -> list[str]:
        """The groups that list the account."""
        wanted = account.casefold()
        found = (known["groups"] for name, known in self._folder.principals().items() if name.casefold() == wanted)
        return [str(group) for group in next(found, [])]

    def _begin(self) -> None:
        # With a pipe as stdin Samba ends when the other end of the pipe is closed: no orphan, whatever happens here.
        command = (samba_packages.SERVER, "-i", "-M", "single", "-s", self._folder.configuration)
        with self._folder.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed path, and a file made here
                command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )
        patience = time.monotonic() + START_SECONDS
        while not _listens(self.address, LDAPS):
            if self._process.poll() is not None or time.monotonic() > patience:
                self._end()
                raise DirectoryError(f"Samba did not start at {self.address}: {self._folder.log_tail()}")
            time.sleep(0.02)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()

    def _check_address(self) -> None:
        for port in (LDAP, LDAPS):
            try:
                socket.create_server((self.address, port)).close()
            except OSError as error:
                raise DirectoryError(
                    f"Samba cannot listen on port {port} of {self.address}: {error.strerror}. "
                    "Stop what uses it, or choose another loopback address."
                ) from error


def _address(folder: Path) -> str:
    """An address in 127.64.0.0/10 that stays the same for a folder."""
    first, second, third = hashlib.sha256(str(folder.resolve()).encode()).digest()[:3]
    return f"127.{64 + first % 64}.{second}.{1 + third % 254}"


def _listens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), 1.0).close()
    except OSError:
        return False
    return True
