"""Samba as a directory of the sandbox: starting, stopping, several at once, and what can go wrong."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory import DirectoryError
from provision.sandbox.directory.population import SEED, TEAMS
from provision.sandbox.directory.samba import LDAPS, SambaDirectory
from provision.sandbox.directory.samba_folder import SambaFolder

if TYPE_CHECKING:
    from tests.integration.conftest import Connect

READERS = f"CN=Finance_Readers,{TEAMS}"


@pytest.fixture(scope="module")
def folder(samba: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - without Samba there is none
    return tmp_path_factory.mktemp("domain")


@pytest.fixture
def directory(folder: Path, certificates: CertificateAuthority) -> Iterator[SambaDirectory]:
    """A domain controller with the seed; its folder is used again by the next test."""
    running = SambaDirectory(folder, certificates.server_certificate(), 0)
    running.start()
    yield running
    running.stop()


def add_ada(connect: Connect, directory: SambaDirectory) -> int:
    connection: Any = connect(directory.url, directory.bind_user, directory.bind_password)
    assert connection.bind(), connection.result
    sid = f"<SID={directory.sid_of('ada.lovelace')}>"
    connection.modify(READERS, {"member": [(ldap3.MODIFY_ADD, [sid])]})
    return int(connection.result["result"])


@pytest.mark.samba
def test_it_holds_the_seed_and_resets_to_it_at_the_same_url(directory: SambaDirectory, connect: Connect) -> None:
    url = directory.url
    assert add_ada(connect, directory) == 0
    assert directory.groups_of("Ada.Lovelace") == ["Finance_Readers", "Staff_All"]
    directory.reset()
    assert directory.url == url
    assert directory.groups_of("ada.lovelace") == ["Staff_All"]
    assert add_ada(connect, directory) == 0


@pytest.mark.samba
def test_its_accounts_have_sids_of_the_fixed_domain(directory: SambaDirectory) -> None:
    sids = [directory.sid_of(account.account) for account in SEED.accounts]
    assert all(sid is not None and sid.startswith(f"{seed.DOMAIN_SID}-") for sid in sids)
    assert len(set(sids)) == len(SEED.accounts)
    assert (directory.sid_of("nobody"), directory.groups_of("nobody")) == (None, [])
    assert directory.groups_of("dora.admin") == ["Domain Admins"]


@pytest.mark.samba
def test_a_second_start_in_the_same_folder_makes_no_second_domain(
    directory: SambaDirectory, folder: Path, certificates: CertificateAuthority
) -> None:
    directory.stop()
    said: list[str] = []
    again = SambaDirectory(folder, certificates.server_certificate(), 0, say=said.append)
    again.start()
    sid = again.sid_of("ada.lovelace")
    again.stop()
    assert said == []
    assert sid is not None


@pytest.mark.samba
def test_two_run_side_by_side(
    directory: SambaDirectory, certificates: CertificateAuthority, connect: Connect, tmp_path: Path
) -> None:
    other = SambaDirectory(tmp_path / "other", certificates.server_certificate(), 0)
    other.start()
    try:
        assert other.address != directory.address
        assert add_ada(connect, other) == 0
        assert directory.groups_of("ada.lovelace") == ["Staff_All"]
    finally:
        other.stop()


@pytest.mark.samba
def test_a_taken_address_is_named_in_the_error(
    directory: SambaDirectory, certificates: CertificateAuthority, tmp_path: Path
) -> None:
    other = SambaDirectory(tmp_path, certificates.server_certificate(), 0, address=directory.address)
    with pytest.raises(DirectoryError, match=rf"port \d+ of {directory.address}: Address already in use"):
        other.start()


@pytest.mark.samba
def test_a_taken_port_is_named_in_the_error(
    directory: SambaDirectory, folder: Path, certificates: CertificateAuthority
) -> None:
    port = int(directory.url.rpartition(":")[2])
    other = SambaDirectory(folder, certificates.server_certificate(), port, address="127.99.1.2")
    with pytest.raises(DirectoryError, match=f"port {port} of localhost: Address already in use"):
        other.start()


@pytest.mark.samba
def test_samba_that_does_not_start_tells_its_log(folder: Path, tmp_path: Path) -> None:
    missing = (tmp_path / "no.pem", tmp_path / "no.key")
    missing[0].write_text("no certificate")
    missing[1].write_text("no key")
    broken = SambaDirectory(folder, missing, 0, address="127.99.1.3")
    with pytest.raises(DirectoryError, match=r"Samba did not start at 127\.99\.1\.3: .*(TLS|tls)"):
        broken.start()


@pytest.mark.samba
def test_a_database_that_cannot_be_read_says_which(samba: None, tmp_path: Path) -> None:  # noqa: ARG001 - as above
    empty = SambaFolder(tmp_path, "127.99.1.4", (tmp_path / "no.pem", tmp_path / "no.key"), SEED)
    with pytest.raises(DirectoryError, match=rf"database in {tmp_path}: 'principals' failed: .+ Delete the folder"):
        empty.principals()


@pytest.mark.samba
def test_it_ends_with_the_process_that_started_it(
    directory: SambaDirectory, folder: Path, certificates: CertificateAuthority
) -> None:
    directory.stop()
    certificate, key = certificates.server_certificate()
    script = (
        "import pathlib, sys, time\n"
        "from provision.sandbox.directory.samba import SambaDirectory\n"
        "folder, certificate, key = map(pathlib.Path, sys.argv[1:])\n"
        "SambaDirectory(folder, (certificate, key), 0).start()\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    arguments = [sys.executable, "-c", script, str(folder), str(certificate), str(key)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        assert listens(directory.address)
        process.send_signal(signal.SIGKILL)
    patience = time.monotonic() + 10
    while listens(directory.address) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not listens(directory.address)


def test_without_root_the_error_names_root() -> None:
    script = (
        "import os\n"
        "from provision.sandbox.directory import samba_packages\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "print(samba_packages.missing())\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "only root may do" in answer.stdout


def listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, LDAPS)) == 0
