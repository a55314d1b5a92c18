"""The embedded directory as a server: starting, stopping, odd clients, and what only Active Directory's limits show."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import ldap3
import pytest
from ldap3.core.exceptions import LDAPException

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory import DirectoryError
from provision.sandbox.directory.embedded import EmbeddedDirectory, Exchange
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.population import PEOPLE, SEED, TEAMS, Account, Group, Population

if TYPE_CHECKING:
    from tests.integration.conftest import Connect

READERS = f"CN=Finance_Readers,{TEAMS}"
Start = Callable[..., EmbeddedDirectory]


@pytest.fixture
def start(certificates: CertificateAuthority) -> Iterator[Start]:
    """Starts embedded directories, and stops them after the test."""
    started: list[EmbeddedDirectory] = []

    def start_one(port: int = 0, population: Population = SEED, **more: Any) -> EmbeddedDirectory:
        directory = EmbeddedDirectory(certificates.server_certificate(), port, population, **more)
        started.append(directory)
        directory.start()
        return directory

    yield start_one
    for directory in started:
        directory.stop()


def bound(connect: Connect, directory: EmbeddedDirectory, url: str | None = None) -> Any:
    connection = connect(url or directory.url, directory.bind_user, directory.bind_password)
    assert connection.bind(), connection.result
    return connection


def add_ada(connection: Any, directory: EmbeddedDirectory) -> int:
    sid = f"<SID={directory.sid_of('ada.lovelace')}>"
    connection.modify(READERS, {"member": [(ldap3.MODIFY_ADD, [sid])]})
    return int(connection.result["result"])


def line(directory: EmbeddedDirectory, certificates: CertificateAuthority) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port_of(directory.url)), 5)
    return certificates.client_context().wrap_socket(plain, server_hostname="localhost")


def port_of(url: str | None) -> int:
    assert url is not None
    return int(url.rpartition(":")[2])


def test_reset_brings_the_seed_back_at_the_same_url(start: Start, connect: Connect) -> None:
    directory = start()
    url = directory.url
    assert add_ada(bound(connect, directory), directory) == 0
    assert directory.groups_of("ada.lovelace") == ["Finance_Readers", "Staff_All"]
    directory.reset()
    assert directory.url == url
    assert directory.groups_of("ada.lovelace") == ["Staff_All"]
    assert add_ada(bound(connect, directory), directory) == 0


def test_nobody_has_no_sid_and_no_groups(start: Start) -> None:
    directory = start()
    assert (directory.sid_of("nobody"), directory.groups_of("nobody")) == (None, [])


def test_the_journal_counts_what_was_asked(start: Start, connect: Connect) -> None:
    directory = start()
    connection = bound(connect, directory)
    connection.search(directory.base, "(cn=x)")
    assert [add_ada(connection, directory) for _ in range(2)] == [0, 68]
    assert directory.journal == (
        Exchange("bind", directory.bind_user, 0),
        Exchange("search", directory.base, 0),
        Exchange("modify", READERS, 0),
        Exchange("modify", READERS, 68),
    )


def test_stopping_ends_connections_and_frees_the_port(start: Start, connect: Connect) -> None:
    directory = start()
    connection = bound(connect, directory)
    directory.stop()
    directory.stop()
    with pytest.raises(LDAPException):
        connection.search(directory.base, "(cn=x)")
    assert start(port_of(directory.url)).url == directory.url


def test_a_taken_port_is_named_in_the_error(start: Start) -> None:
    port = port_of(start().url)
    with pytest.raises(DirectoryError, match=f"port {port} of localhost: Address already in use"):
        start(port)


def test_start_tls_on_the_plain_port_makes_the_bind_possible(start: Start, connect: Connect) -> None:
    directory = start(plain_port=0)
    refused = connect(directory.plain_url, directory.bind_user, directory.bind_password)
    assert not refused.bind()
    assert refused.result["result"] == 8
    connection = connect(directory.plain_url, directory.bind_user, directory.bind_password)
    connection.open()
    assert connection.start_tls()
    assert connection.bind()
    assert connection.extend.standard.who_am_i() == f"u:LAB\\{seed.BIND_ACCOUNT}"


def test_what_comes_with_the_start_tls_request_is_not_taken_as_secure(start: Start) -> None:
    directory = start(plain_port=0)
    request = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"
    with socket.create_connection(("127.0.0.1", port_of(directory.plain_url)), 5) as plain:
        plain.sendall(request + request)
        answer = b""
        while part := plain.recv(4096):
            answer += part
    assert answer.count(b"1.3.6.1.4.1.1466.20037") == 1


@pytest.mark.parametrize("secure", [True, False])
def test_a_client_that_says_nothing_is_hung_up_on_and_blocks_nobody(
    start: Start, connect: Connect, *, secure: bool
) -> None:
    directory = start(plain_port=0, limits=Limits(handshake_seconds=0.3, idle_seconds=0.3))
    url = directory.url if secure else directory.plain_url
    with socket.create_connection(("127.0.0.1", port_of(url)), 5) as silent:
        assert add_ada(bound(connect, directory), directory) == 0
        assert silent.recv(1) == b""


def test_bytes_that_are_no_ldap_are_answered_with_a_farewell(start: Start, certificates: CertificateAuthority) -> None:
    with line(start(), certificates) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b""
        while part := connection.recv(4096):
            answer += part
    assert b"1.3.6.1.4.1.1466.20036" in answer
    assert b"this is no LDAP" in answer


@pytest.mark.parametrize(
    "data",
    [b"\x30\x84\x7f\xff\xff\xff", b"\x30\x89" + b"\x01" * 9, b"\x30\x03\x02\x01", b"\x30\x05\x02\x01\x01\x69\x00"],
    ids=["larger than allowed", "length of nine bytes", "cut short", "an unknown request"],
)
def test_broken_messages_end_their_connection_only(
    start: Start, connect: Connect, certificates: CertificateAuthority, data: bytes
) -> None:
    directory = start()
    with line(directory, certificates) as connection:
        connection.sendall(data)
    assert add_ada(bound(connect, directory), directory) == 0


def test_requests_sent_in_one_piece_are_answered_in_order(start: Start, certificates: CertificateAuthority) -> None:
    base_object, no_limits, values_too = (
        b"\x04\x00\x0a\x01\x00\x0a\x01\x00",
        b"\x02\x01\x00\x02\x01\x00",
        b"\x01\x01\x00",
    )
    root = b"\x63\x25" + base_object + no_limits + values_too + b"\x87\x0bobjectClass\x30\x05\x04\x031.1"
    requests = [bytes([0x30, len(root) + 3, 2, 1, number]) + root for number in (5, 6, 7)]
    with line(start(), certificates) as connection:
        connection.sendall(b"".join(requests)[:50])
        connection.sendall(b"".join(requests)[50:] + b"\x30\x05\x02\x01\x08\x42\x00")
        answer = b""
        while part := connection.recv(4096):
            answer += part
    done = [answer[at - 1] for at in range(1, len(answer)) if answer[at : at + 2] == b"\x65\x07"]
    assert done == [5, 6, 7]


def test_many_clients_at_once_each_see_the_whole_directory(start: Start, connect: Connect) -> None:
    directory = start()
    results: list[int] = []

    def work(connection: Any) -> None:
        for _ in range(5):
            connection.search(TEAMS, "(objectClass=group)", attributes=["member"])
            results.append(len(connection.response))

    threads = [threading.Thread(target=work, args=(bound(connect, directory),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [len(seed.GROUPS)] * 40


@pytest.fixture(scope="module")
def crowded(certificates: CertificateAuthority) -> Iterator[EmbeddedDirectory]:
    """1600 people, all in one group."""
    accounts = tuple(Account(f"u{number:04}", f"User {number:04}") for number in range(1600))
    groups = (Group("Everybody", tuple(account.account for account in accounts)),)
    directory = EmbeddedDirectory(certificates.server_certificate(), 0, Population(accounts, groups))
    directory.start()
    yield directory
    directory.stop()


def test_more_than_1500_members_come_in_ranges_unasked(crowded: EmbeddedDirectory, connect: Connect) -> None:
    connection = bound(connect, crowded)
    shown: dict[str, int] = {}
    for attribute in ("member", "member;range=1500-2999"):
        connection.search(f"CN=Everybody,{TEAMS}", "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        shown |= {name: len(values) for name, values in connection.response[0]["raw_attributes"].items()}
    assert shown == {"member;range=0-1499": 1500, "member;range=1500-*": 100}


def test_a_range_behind_the_last_member_is_an_error(crowded: EmbeddedDirectory, connect: Connect) -> None:
    connection = bound(connect, crowded)
    connection.search(f"CN=Everybody,{TEAMS}", "(cn=*)", ldap3.BASE, attributes=["member;range=1600-*"])
    assert connection.result["result"] == 1


def test_an_unpaged_answer_ends_after_1000_entries(crowded: EmbeddedDirectory, connect: Connect) -> None:
    connection = bound(connect, crowded)
    connection.search(PEOPLE, "(objectClass=user)", attributes=["cn"])
    assert (connection.result["result"], len(connection.response)) == (4, 1000)
    connection.search(PEOPLE, "(objectClass=user)", attributes=["cn"], paged_size=5000)
    assert (connection.result["result"], len(connection.response)) == (0, 1000)
