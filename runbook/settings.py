"""The settings variable -> frozen Settings: which Graph, which mapping, which directory, what is protected.

`lockstep apply` writes the variable; whatever is wrong with it is put right there. Nothing here reads or writes
anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from runbook.fields import Fields
from runbook.outcome import Failed
from runbook.safety import Safety, read_safety
from runbook.secret import SecretSource

_KEEPERS = ("key_vault", "automation_credential", "automation_variable")
_SOURCES = {"variable": ("name", "sha256"), "worker": ("path",), "github": ("api", "repository", "path", "ref")}


@dataclass(frozen=True, slots=True)
class MappingSource:
    """Where the mapping is: `source` is variable, worker or github; `fields` has what that source needs."""

    source: str
    fields: dict[str, str]
    token: SecretSource | None = None


@dataclass(frozen=True, slots=True)
class DirectoryServer:
    """One domain controller. `start_tls`: TLS begins inside the connection (ldap://); otherwise LDAPS.

    `certificate_name` is the name that its certificate must hold.
    """

    host: str
    port: int
    start_tls: bool
    certificate_name: str

    def __str__(self) -> str:
        """As a URL."""
        return f"{'ldap' if self.start_tls else 'ldaps'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """How AD is reached. `password` is there when `bind` is simple, and `user` then names the account."""

    servers: tuple[DirectoryServer, ...]
    base: str
    domain: str
    ca_file: str
    bind: str
    user: str
    password: SecretSource | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the job is told besides the callout.

    `directory` is the domain that group names without a domain are of; `other_directories` are further domains, of
    this forest or of others. `release` is the GUID of the one job that may give everything back, `over_budget` the
    `Envelope.key` of the one job that may go over the budgets; both in lower case, and mostly empty. `account_wait` is
    how many seconds a job waits for a person who is not in AD yet, `scheduled_sweep` says that a sweep on a schedule
    applies what is missing then, `audit_file` is a path on the worker, or empty.
    """

    environment: str
    graph: str
    graph_audience: str
    key_vault_audience: str
    mapping: MappingSource
    directory: DirectorySettings
    safety: Safety
    release: str
    over_budget: str = ""
    other_directories: tuple[DirectorySettings, ...] = ()
    account_wait: int = 0
    scheduled_sweep: bool = False
    audit_file: str = ""

    @property
    def directories(self) -> tuple[DirectorySettings, ...]:
        """All domains, the first one being that of names without a domain."""
        return (self.directory, *self.other_directories)


def read_settings(text: str, name: str) -> Settings:
    """The settings in `text`; `name` is the variable's name, for messages.

    Raises:
        Failed: a key is missing or malformed, or another version of Lockstep wrote it.
    """
    try:
        root = json.loads(text)
    except ValueError as error:
        raise Failed(f"settings {name}: not JSON; run 'lockstep apply'") from error
    fields = Fields(root, f"settings {name}", Failed, "run 'lockstep apply'")
    if fields.values.get("version") != 1:
        fields.refuse("version", "is of another version of Lockstep")
    return Settings(
        environment=fields.text("environment"),
        graph=fields.url("graph", "https"),
        graph_audience=fields.text("graph_audience"),
        key_vault_audience=fields.text("key_vault_audience"),
        mapping=_mapping_source(fields.inner("mapping")),
        directory=_directory(fields.inner("directory")),
        safety=read_safety(fields.inner("safety")),
        release=fields.guid("release", needed=False),
        over_budget=fields.text("over_budget", needed=False),
        other_directories=tuple(_directory(each) for each in fields.inners("other_directories"))
        if "other_directories" in fields.values
        else (),
        account_wait=fields.count("account_wait") if "account_wait" in fields.values else 0,
        scheduled_sweep=fields.flag("scheduled_sweep"),
        audit_file=fields.text("audit_file", needed=False),
    )


def _mapping_source(fields: Fields) -> MappingSource:
    source = fields.text("source")
    if source not in _SOURCES:
        fields.refuse("source", f"'{source}' is not one of {', '.join(_SOURCES)}")
    values = {key: fields.text(key) for key in _SOURCES[source]}
    return MappingSource(source, values, _secret(fields, "token") if fields.values.get("token") else None)


def _directory(fields: Fields) -> DirectorySettings:
    servers = tuple(_server(server) for server in fields.inners("servers"))
    if not servers:
        fields.refuse("servers", "names no server")
    bind = fields.inner("bind")
    method = bind.text("method")
    if method not in {"simple", "kerberos"}:
        bind.refuse("method", f"'{method}' is not simple or kerberos")
    simple = method == "simple"
    return DirectorySettings(
        servers=servers,
        base=fields.text("base"),
        domain=fields.text("domain"),
        ca_file=fields.text("ca_file", needed=False),
        bind=method,
        user=bind.text("user") if simple else "",
        password=_secret(bind, "password") if simple else None,
    )


def _server(fields: Fields) -> DirectoryServer:
    parts = urlsplit(fields.url("url", "ldaps", "ldap"))
    start_tls = parts.scheme == "ldap"
    host = parts.hostname or ""
    name = fields.text("certificate_name", needed=False) or host
    return DirectoryServer(host, parts.port or (389 if start_tls else 636), start_tls, name)


def _secret(fields: Fields, key: str) -> SecretSource:
    kept = fields.inner(key)
    keepers = [keeper for keeper in _KEEPERS if keeper in kept.values]
    if len(keepers) != 1:
        fields.refuse(key, f"must be kept in exactly one of {', '.join(_KEEPERS)}")
    return SecretSource(keepers[0], kept.text(keepers[0]))
