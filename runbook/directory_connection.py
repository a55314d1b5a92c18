"""Opens the LDAP wire: TLS verified always, then the bind. The only file that imports ldap3.

What ldap3 2.9.1 would do in silence is turned off here: no schema (it damages binary filter values), no automatic
ranges (they can lose members), no referrals, no unverified TLS, no waiting for ever.
"""

from __future__ import annotations

import importlib
import re
import ssl
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Protocol

from runbook.deadline import Deadline
from runbook.identity import Secret
from runbook.outcome import Failed, cut
from runbook.settings import DirectoryServer, DirectorySettings

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
_WRONG_CREDENTIALS = 49
_SEARCH_ENTRY = 4  # the protocolOp of an entry in an answer (RFC 4511)
_SOCKET_BYTES = 65536
_BIND_CODES = {
    "525": "the account does not exist",
    "52e": "the account or its password is wrong",
    "530": "the account may not log on at this time",
    "531": "the account may not log on from this machine",
    "532": "its password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "its password must be changed first",
    "775": "the account is locked",
}


class AccountRejected(Failed):
    """AD does not accept the bind account. Trying again, here or elsewhere, would lock it out."""


LdapControl = tuple[str, bool, bytes | None]
"""A control as ldap3 takes it: OID, critical or not, value."""


class LdapConnection(Protocol):
    """What is used of `ldap3.Connection`; `result` and `response` are those of the last operation.

    `socket` is the TLS socket (`ssl.SSLSocket`) of the open connection.
    """

    socket: Any
    result: dict[str, Any]
    response: list[dict[str, Any]] | None

    def search(
        self,
        search_base: str,
        search_filter: str,
        search_scope: str,
        *,
        attributes: list[str],
        controls: list[LdapControl] | None = None,
    ) -> bool:
        """Searches."""
        ...

    def modify(self, dn: str, changes: dict[str, Any], controls: list[LdapControl] | None = None) -> bool:
        """Modifies."""
        ...

    def unbind(self) -> bool:
        """Says goodbye and closes."""
        ...


def load_early() -> threading.Thread:
    """Imports ldap3 beside what the job does meanwhile: it is unpacked and compiled anew in every job."""
    thread = threading.Thread(target=_load, name="ldap3")
    thread.start()
    return thread


def connect(
    servers: tuple[DirectoryServer, ...], settings: DirectorySettings, password: Secret | None, deadline: Deadline
) -> tuple[DirectoryServer, LdapConnection]:
    """The first of the servers that answers, and a bound connection to it.

    Raises:
        AccountRejected: AD does not accept the bind account; the other servers are not tried.
        Failed: no server can be reached with verified TLS.
        DeadlinePassed: the job's time is over.
    """
    tries = []
    for server in servers:
        try:
            connection = _open(server, settings, password, deadline)
        except connection_errors() as error:
            tries.append(f"{server}: {_why_not_open(error)}")
            continue
        if connection.result["result"] == 0:
            return server, connection
        code, sentence = connection.result["result"], f"{server}: {_why_not_bound(connection.result)}"
        connection.unbind()
        if code == _WRONG_CREDENTIALS:
            raise AccountRejected(f"AD refused the bind account at {sentence}; correct directory.bind or the account")
        tries.append(sentence)
    raise Failed(f"no domain controller could be used: {'; '.join(tries)}")


def connection_errors() -> type[Exception]:
    """The exception that a broken connection raises."""
    exceptions = importlib.import_module("ldap3.core.exceptions")
    return exceptions.LDAPException  # type: ignore[no-any-return]


def _open(
    server: DirectoryServer, settings: DirectorySettings, password: Secret | None, deadline: Deadline
) -> LdapConnection:
    """A connection after its bind, whose result may be a refusal."""
    connection = _unopened(server, settings, password, deadline)
    connection.open(read_server_info=False)
    if server.start_tls:
        connection.start_tls(read_server_info=False)
    _require_name(connection, server.certificate_name)
    if settings.bind == "simple":
        connection.bind(read_server_info=False)
    else:
        _bind_by_kerberos(connection, server)
    return connection  # type: ignore[no-any-return]


def _unopened(server: DirectoryServer, settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> Any:
    ldap3 = importlib.import_module("ldap3")
    connect_seconds = deadline.limit(_CONNECT_SECONDS, "connecting to AD")
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=settings.ca_file or None,
        valid_names=[server.certificate_name],
        sni=server.certificate_name,
    )
    how: dict[str, Any] = {"authentication": "SASL", "sasl_mechanism": "GSSAPI"}
    how["sasl_credentials"] = (server.certificate_name,)
    if settings.bind == "simple":
        how = {"authentication": "SIMPLE", "user": settings.user, "password": password.value if password else ""}
    connection = ldap3.Connection(
        ldap3.Server(
            server.host,
            port=server.port,
            use_ssl=not server.start_tls,
            tls=tls,
            get_info="NO_INFO",
            connect_timeout=connect_seconds,
        ),
        auto_bind="NONE",
        auto_range=False,
        auto_referrals=False,
        check_names=False,
        return_empty_attributes=False,
        receive_timeout=max(1, int(deadline.limit(_ANSWER_SECONDS, "asking AD"))),
        **how,
    )
    _read_quickly(connection.strategy)
    return connection


def _read_quickly(strategy: Any) -> None:
    """Leaves values the bytes that they are; ldap3 would make text of each as well, in half of all a sweep's time."""
    usual = strategy.decode_response_fast

    def decoded(message: dict[str, Any]) -> Any:
        if message["protocolOp"] != _SEARCH_ENTRY:
            return usual(message)
        name, attributes = message["payload"]
        values = {each[3][0][3].decode(): [value[3] for value in each[3][1][3]] for each in attributes[3]}
        return {"type": "searchResEntry", "dn": name[3].decode(), "raw_attributes": values}

    strategy.decode_response_fast = decoded
    strategy.socket_size = _SOCKET_BYTES


def _require_name(connection: Any, name: str) -> None:
    """ldap3 is content with a certificate for the host of the URL; `name` is the one that it must hold."""
    try:
        importlib.import_module("ldap3.core.tls").check_hostname(connection.socket, name, None)
    except connection_errors():
        connection.unbind()
        raise


def _bind_by_kerberos(connection: Any, server: DirectoryServer) -> None:
    if not find_spec("gssapi") and not find_spec("winkerberos"):
        raise Failed(
            "Kerberos needs the Python package gssapi (Linux) or winkerberos (Windows) on the worker; install it there "
            "or set directory.bind.method to simple"
        )
    try:
        connection.bind(read_server_info=False)
    except Exception as error:
        raise Failed(
            f"AD did not accept the worker's Kerberos identity at {server}: {cut(str(error), 160)}; check the worker's "
            "keytab or computer account, and that the package cryptography is installed"
        ) from error


def _load() -> None:
    with suppress(ImportError):  # the same import in `_unopened` raises it where it can be told
        importlib.import_module("ldap3")


def _why_not_open(error: Exception) -> str:
    text = str(error)
    if "invalid CA public key file" in text:
        return "the file directory.ca_file is not on this worker; put it there"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted; name its authority in directory.ca_file ({cut(text, 200)})"
    if "doesn't match any name" in text:
        return "its certificate bears another name; write that name as certificate_name of the server"
    return f"it cannot be reached ({cut(text, 200)}); check the address and the firewall"


def _why_not_bound(result: dict[str, Any]) -> str:
    code = re.search(r"data ([0-9a-f]{3})\b", str(result.get("message", "")))
    known = _BIND_CODES.get(code[1], "") if code else ""
    return f"{result['description']}" + (f", data {code[1]}: {known}" if code else "")
