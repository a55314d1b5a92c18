"""Samba's private folder: its configuration, its database, and the snapshot that a reset goes back to.

I/O inside: that folder, and child processes of the system's Python that make and read the database.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from provision.sandbox.directory import DirectoryError
from provision.sandbox.directory.population import BIND_ACCOUNT, Population
from provision.sandbox.directory.samba_packages import SERVER, SYSTEM_PYTHON

SCRIPT_SECONDS = 900
PATH_LIMIT = 80
"""Samba puts Unix sockets into its folder, and Linux allows them 107 bytes."""
_SCRIPT = Path(__file__).with_name("samba_domain.py")
_DATABASE = ("private", "state", "sysvol")
_SCRATCH = ("cache", "lock", "run", "log", "ncalrpc")


class SambaFolder:
    """One domain in `folder`, for a server at `address` with this certificate and key (both PEM)."""

    def __init__(self, folder: Path, address: str, certificate: tuple[Path, Path], population: Population) -> None:
        self.configuration = folder / "smb.conf"
        self.log = folder / "log" / "samba.log"
        self._folder = folder
        self._snapshot = folder / "snapshot"
        self._address = address
        self._certificate = certificate
        self._population = population

    def check_path(self) -> None:
        """Before anything is done.

        Raises:
            DirectoryError: the path is too long for the sockets that Samba puts there.
        """
        size = len(str(self._folder).encode())
        if size > PATH_LIMIT:
            message = f"Samba needs a folder whose path has at most {PATH_LIMIT} bytes; {self._folder} has {size}."
            raise DirectoryError(f"{message} Give the sandbox a shorter state folder.")

    def provisioned(self) -> bool:
        """Whether the snapshot holds this very population, made by this version of everything."""
        stamp = self._snapshot / "made-from"
        return stamp.exists() and stamp.read_text() == self._stamp()

    def provision(self) -> None:
        """Make the domain and keep it as the snapshot.

        Raises:
            DirectoryError: Samba could not make it.
        """
        shutil.rmtree(self._snapshot, ignore_errors=True)
        self._clear()
        self._configure()
        self._run("provision", self._order())
        unfinished = self._folder / "snapshot.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in _DATABASE:
            shutil.copytree(self._folder / part, unfinished / part, ignore=_sockets)
        (unfinished / "made-from").write_text(self._stamp())
        unfinished.rename(self._snapshot)

    def restore(self) -> None:
        """Put the snapshot in place of the database; no server may be running."""
        self._clear()
        for part in _DATABASE:
            shutil.copytree(self._snapshot / part, self._folder / part, dirs_exist_ok=True)
        self._configure()

    def principals(self) -> dict[str, Any]:
        """By sAMAccountName: `sid`, and `groups` (names, sorted), as the database has them now.

        Raises:
            DirectoryError: the database cannot be read.
        """
        return self._run("principals", {})

    def log_tail(self) -> str:
        """The end of what the server said."""
        return " / ".join(line.strip() for line in self.log.read_text(errors="replace").splitlines()[-5:])

    def _clear(self) -> None:
        for part in (*_DATABASE, *_SCRATCH):
            shutil.rmtree(self._folder / part, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)

    def _configure(self) -> None:
        for part in (*_DATABASE, *_SCRATCH):
            (self._folder / part).mkdir(exist_ok=True)
        (self._folder / "sysvol" / self._population.realm.dns / "scripts").mkdir(parents=True, exist_ok=True)
        sections: dict[str, dict[str, object]] = {
            "global": self._global(),
            "sysvol": {"path": self._folder / "sysvol"},
            "netlogon": {"path": self._folder / "sysvol" / self._population.realm.dns / "scripts"},
        }
        lines = [
            line
            for section, settings in sections.items()
            for line in (f"[{section}]", *(f"  {name} = {value}" for name, value in settings.items()))
        ]
        self.configuration.write_text("\n".join(lines) + "\n")

    def _global(self) -> dict[str, object]:
        certificate, key = self._certificate
        return {
            "workgroup": self._population.realm.name,
            "realm": self._population.realm.dns.upper(),
            "netbios name": "DC1",
            "server role": "active directory domain controller",
            "server services": "ldap",
            "dcerpc endpoint servers": "none",
            "bind interfaces only": "yes",
            "interfaces": f"{self._address}/8",
            "private dir": self._folder / "private",
            "state directory": self._folder / "state",
            "cache directory": self._folder / "cache",
            "lock directory": self._folder / "lock",
            "pid directory": self._folder / "run",
            "ncalrpc dir": self._folder / "ncalrpc",
            "binddns dir": self._folder / "lock" / "dns",
            "ntp signd socket directory": self._folder / "lock" / "ntp",
            "winbindd socket directory": self._folder / "lock" / "winbindd",
            "ldap server require strong auth": "yes",
            "ldb:nosync": "yes",
            "tls enabled": "yes",
            "tls certfile": certificate,
            "tls keyfile": key,
            "tls cafile": "",
        }

    def _order(self) -> dict[str, Any]:
        realm = self._population.realm
        return {
            **self._population.document(),
            "realm": realm.dns.upper(),
            "domain": realm.name,
            "domain_sid": realm.sid,
            "host": "dc1",
            "address": self._address,
            "administrator_password": f"{secrets.token_urlsafe(24)}-aA1",
            "bind_account": asdict(BIND_ACCOUNT),
            "units": [realm.people, realm.teams, realm.service_accounts],
            "people": realm.people,
            "teams": realm.teams,
            "service_accounts": realm.service_accounts,
        }

    def _stamp(self) -> str:
        made_from = self._order() | {"administrator_password": "", "address": ""}
        version = subprocess.run([SERVER, "--version"], capture_output=True, check=True)  # noqa: S603 - a fixed path
        parts = [version.stdout.decode(), _SCRIPT.read_text(), json.dumps(made_from, sort_keys=True)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _run(self, order: str, details: dict[str, Any]) -> dict[str, Any]:
        try:
            done = subprocess.run(  # noqa: S603 - fixed paths, and an order of this file
                [SYSTEM_PYTHON, "-I", _SCRIPT, order],
                input=json.dumps({**details, "configuration": str(self.configuration)}),
                capture_output=True,
                text=True,
                timeout=SCRIPT_SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired as error:
            raise DirectoryError(
                f"Samba's database in {self._folder}: {order} took over {SCRIPT_SECONDS} s."
            ) from error
        except subprocess.CalledProcessError as error:
            reason = " / ".join(error.stderr.strip().splitlines()[-3:])
            message = f"Samba's database in {self._folder}: '{order}' failed: {reason}. Delete the folder, try again."
            raise DirectoryError(message) from error
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_socket()]
