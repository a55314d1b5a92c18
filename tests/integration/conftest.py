"""Fixtures that open sockets: the sandbox's directories, embedded and Samba, and connections to them with ldap3."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ldap3
import pytest

from provision.bundle import bundle
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory import Directory, DirectoryError, samba_packages
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.population import TEAMS, Account, Group, Population
from provision.sandbox.directory.samba import SambaDirectory
from tests.integration.runbook_world import World

ODD_NAMES = ("a/b (x) *", "#hash", "=eq;semi", 'q "u" <o>', "plus + less", "日本 太郎", "back\\slash", "Ada, Zoë")
CROWD = tuple(f"u{number:03}" for number in range(120))
CONFORMANCE = Population(
    (
        *(Account(account, f"User {account}") for account in CROWD),
        *(Account(f"odd{number}", name) for number, name in enumerate(ODD_NAMES)),
        Account("off", "Off", password="Sandbox-off-1!", disabled=True),
        Account("boss", "Boss", protected=True),
        Account("still", "Still"),
        Account("pc1$", "PC1", kind="computer"),
        Account("partner", "Partner", kind="contact"),
    ),
    (
        Group("Large", CROWD),
        Group("Inner", ("u001", "still")),
        Group("Outer", ("Inner",)),
        Group("Café (Köln) #1"),
        Group("Guarded", protected=True),
        Group("Locked", ("u001", "still"), writable=False),
        Group("Local", scope="domain_local"),
        Group("Mixed", ("u001", "off", "Guarded", "pc1$", "partner")),
        Group("List", ("u001",), distribution=True),
        Group("Hidden", ("u001",), hidden=True),
        *(Group(f"Scratch {number:03}") for number in range(150)),
    ),
)
"""The `Scratch` groups are empty and writable; each test takes a new one, so that nothing needs to be reset.

No test changes the memberships of `still`.
"""

Connect = Callable[..., Any]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """An authority for this run."""
    return CertificateAuthority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The uploaded runbook, as a worker writes it."""
    file = tmp_path_factory.mktemp("worker") / "runbook.py"
    file.write_text(bundle().text, newline="\n")
    return file


@pytest.fixture(scope="module")
def embedded(certificates: CertificateAuthority) -> Iterator[EmbeddedDirectory]:
    """A directory with the seed's people and groups, for all tests of a file."""
    running = EmbeddedDirectory(certificates.server_certificate(), 0)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def world(embedded: EmbeddedDirectory, certificates: CertificateAuthority, script: Path) -> Iterator[World]:
    """A fresh world around the uploaded runbook."""
    embedded.reset()
    made = World(embedded, certificates, script)
    yield made
    made.server.stop()


@pytest.fixture(scope="session")
def samba() -> None:
    """Samba is installed, or the test is skipped with the reason."""
    try:
        samba_packages.ensure(print)
    except DirectoryError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", params=["embedded", pytest.param("samba", marks=pytest.mark.samba)])
def kind(request: pytest.FixtureRequest) -> str:
    """Which directory: the embedded one answers as Active Directory is expected to, Samba as Samba does."""
    return str(request.param)


@pytest.fixture(scope="session")
def directory(
    kind: str,
    certificates: CertificateAuthority,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Directory]:
    """A directory with the population above."""
    if kind == "samba":
        request.getfixturevalue("samba")
    certificate = certificates.server_certificate()
    running: Directory = (
        EmbeddedDirectory(certificate, 0, CONFORMANCE)
        if kind == "embedded"
        else SambaDirectory(tmp_path_factory.mktemp("samba"), certificate, 0, CONFORMANCE)
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def connect(certificates: CertificateAuthority) -> Iterator[Connect]:
    """Opens connections as the runbook does, not bound yet; they are closed after the test."""
    opened: list[Any] = []

    def open_connection(url: str, user: str | None = None, password: str | None = None) -> Any:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(certificates.ca_file))
        server = ldap3.Server(url, tls=tls, get_info=ldap3.NONE, connect_timeout=10)
        connection = ldap3.Connection(
            server,
            user,
            password,
            auto_bind=False,
            auto_range=False,
            auto_referrals=False,
            check_names=False,
            return_empty_attributes=False,
            receive_timeout=20,
        )
        opened.append(connection)
        return connection

    yield open_connection
    for connection in opened:
        connection.unbind()


@pytest.fixture
def connection(connect: Connect, directory: Directory) -> Any:
    """Bound as the runbook's account."""
    bound = connect(directory.url, directory.bind_user, directory.bind_password)
    assert bound.bind(), bound.result
    return bound


@pytest.fixture(scope="session")
def scratch_numbers(directory: Directory) -> Iterator[int]:  # noqa: ARG001 - every directory counts for itself
    """The scratch groups that no test had yet."""
    return itertools.count()


@pytest.fixture
def group(scratch_numbers: Iterator[int]) -> str:
    """The DN of an empty group that may be written."""
    return f"CN=Scratch {next(scratch_numbers):03},{TEAMS}"
