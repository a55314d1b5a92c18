"""Debian's Samba packages: are they here, and how they get here. I/O inside: apt-get, one file in /usr/sbin."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from provision.sandbox.directory import DirectoryError

SERVER = Path("/usr/sbin/samba")
SYSTEM_PYTHON = Path("/usr/bin/python3")
PACKAGES = ("samba", "samba-ad-provision", "samba-dsdb-modules", "python3-samba")
INSTALL_SECONDS = 600
_POLICY = Path("/usr/sbin/policy-rc.d")
_LOCK = Path(tempfile.gettempdir()) / "lockstep-samba-install.lock"
_BY_HAND = f"Let root run: apt-get install --no-install-recommends {' '.join(PACKAGES)}"


def missing() -> str | None:
    """Why Samba can be neither used nor installed here; None when it can be had."""
    if os.geteuid() != 0:
        return "a Samba domain controller listens on the LDAP ports, which only root may do; run this as root"
    if not _installed() and shutil.which("apt-get") is None:
        return "Samba is not installed, and there is no apt-get to install it"
    return None


def ensure(say: Callable[[str], None]) -> None:
    """Install what is not there.

    Raises:
        DirectoryError: it cannot be installed here.
    """
    reason = missing()
    if reason is not None:
        raise DirectoryError(f"Samba cannot be started: {reason}. The embedded directory needs none of this.")
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _installed():
            say("installing Samba from Debian's packages (10 to 40 s)")
            with _no_services():
                _install()


def _installed() -> bool:
    return SERVER.exists() and Path("/usr/share/samba/setup").is_dir() and _has_modules()


def _has_modules() -> bool:
    probe = "import samba.provision, samba.samdb"
    command = (SYSTEM_PYTHON, "-I", "-c", probe)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - a fixed command


def _install() -> None:
    if _apt_get("install", "-y", "-qq", "--no-install-recommends", *PACKAGES).returncode == 0:
        return
    _apt_get("update", "-qq")
    again = _apt_get("install", "-y", "-qq", "--no-install-recommends", *PACKAGES)
    if again.returncode != 0:
        reason = next((line for line in again.stderr.splitlines() if line.startswith("E: ")), again.stderr.strip())
        raise DirectoryError(f"apt-get could not install Samba: {reason}. {_BY_HAND}")


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(  # noqa: S603 - a fixed path, and arguments of this file
            command, env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DirectoryError(f"apt-get did not end within {INSTALL_SECONDS} s. {_BY_HAND}") from error


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Debian starts a service when it is installed, unless this file says no; a file that is there already stays."""
    try:
        with _POLICY.open("x") as file:
            file.write("#!/bin/sh\nexit 101\n")
    except FileExistsError:
        yield
        return
    try:
        _POLICY.chmod(0o755)
        yield
    finally:
        _POLICY.unlink()
