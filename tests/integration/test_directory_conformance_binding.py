"""Binding and the connection, asked of both directories: the embedded one is held to the real one."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import ldap3
import pytest
from ldap3.core.exceptions import LDAPSocketOpenError

if TYPE_CHECKING:
    from provision.sandbox.directory import Directory
    from tests.integration.conftest import Connect


@pytest.mark.parametrize(
    "user",
    [
        "svc-lockstep@lab.example",
        "SVC-Lockstep@LAB.example",
        "LAB\\svc-lockstep",
        "CN=svc-lockstep,OU=Service Accounts,DC=lab,DC=example",
        "cn=svc-lockstep,ou=service accounts,dc=lab,dc=example",
    ],
)
def test_the_account_binds_by_each_of_its_names(connect: Connect, directory: Directory, user: str) -> None:
    assert connect(directory.url, user, directory.bind_password).bind()


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [
        ("svc-lockstep@lab.example", "wrong", "52e"),
        ("svc-lockstep", "Sandbox-bind-1!", "52e"),
        ("nobody@lab.example", "Sandbox-bind-1!", "52e"),
        ("off@lab.example", "Sandbox-off-1!", "533"),
        ("off@lab.example", "wrong", "52e"),
    ],
)
def test_a_refused_bind_tells_the_reason(
    connect: Connect, directory: Directory, user: str, password: str, reason: str
) -> None:
    connection = connect(directory.url, user, password)
    assert not connection.bind()
    assert connection.result["result"] == 49
    assert connection.result["message"].startswith("80090308: LdapErr: ")
    assert f"AcceptSecurityContext error, data {reason}," in connection.result["message"]


def test_nobody_reads_root_dse_and_nothing_else(connect: Connect, directory: Directory) -> None:
    connection = connect(directory.url)
    assert connection.bind()
    assert connection.search("", "(objectClass=*)", ldap3.BASE, attributes=["defaultNamingContext"])
    assert connection.response[0]["attributes"]["defaultNamingContext"] == [directory.base]
    assert not connection.search(directory.base, "(objectClass=*)", ldap3.BASE)
    assert connection.result["result"] == 1


def test_root_dse_tells_the_servers_time(connect: Connect, directory: Directory) -> None:
    connection = connect(directory.url)
    assert connection.bind()
    assert connection.search("", "(objectClass=*)", ldap3.BASE, attributes=["currentTime"])
    [value] = connection.response[0]["raw_attributes"]["currentTime"]
    told = datetime.strptime(value.decode(), "%Y%m%d%H%M%S.0Z").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=2)


def test_a_failed_bind_takes_the_rights_of_the_one_before_at_active_directory(
    connect: Connect, directory: Directory, kind: str
) -> None:
    connection = connect(directory.url, directory.bind_user, directory.bind_password)
    assert connection.bind()
    assert not connection.rebind(user=directory.bind_user, password="wrong")
    assert connection.search(directory.base, "(objectClass=*)", ldap3.BASE) == (kind == "samba")


@pytest.mark.parametrize(("critical", "code"), [(True, 12), (False, 0)])
def test_an_unknown_control_matters_only_when_it_is_critical(
    connection: Any, directory: Directory, *, critical: bool, code: int
) -> None:
    connection.search(directory.base, "(cn=Inner)", controls=[("1.2.3.4", critical, None)])
    assert connection.result["result"] == code


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # ldap3 leaves it to the collector
def test_a_client_that_does_not_know_the_authority_is_not_connected(directory: Directory) -> None:
    server = ldap3.Server(directory.url, tls=ldap3.Tls(validate=2), get_info=ldap3.NONE, connect_timeout=10)
    with pytest.raises(LDAPSocketOpenError, match="CERTIFICATE_VERIFY_FAILED"):
        ldap3.Connection(server, receive_timeout=10).open()
    gc.collect()  # here and not in the middle of another test, which it would fail


@pytest.mark.parametrize("operation", ["add", "delete", "rename"])
def test_the_account_cannot_make_or_unmake_objects(connection: Any, kind: str, group: str, operation: str) -> None:
    match operation:
        case "add":
            connection.add(group.replace("Scratch", "New"), "group")
        case "delete":
            connection.delete(group)
        case "rename":
            connection.modify_dn(group, "CN=New")
    # The embedded directory does not emulate these; both ways nothing is changed.
    assert connection.result["result"] == {"embedded": 53, "samba": 50}[kind]


def test_an_unknown_extended_operation_is_a_protocol_error(connection: Any) -> None:
    connection.extended("1.2.3.4")
    assert connection.result["result"] == 2
