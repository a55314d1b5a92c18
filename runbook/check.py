"""The job that looks at everything a callout would need, and changes nothing. For `lockstep doctor`.

Each check is told as it ends. One that fails ends only those that need what it could not get.
"""

from __future__ import annotations

import ssl
import sys

from runbook.check_directory import DirectoryChecks
from runbook.check_graph import permission_checks, reading_checks
from runbook.check_line import Check, Checks
from runbook.deadline import Deadline
from runbook.entitlement import Entitlement
from runbook.envelope import Envelope
from runbook.https import Https
from runbook.identity import ManagedIdentity, roles_of
from runbook.mapping import Mapping
from runbook.mapping_source import MappingReader
from runbook.outcome import Outcome
from runbook.preparation import own_settings
from runbook.secret import Secrets
from runbook.settings import Settings
from runbook.variable import Variables
from runbook.worker import Worker

_OLDEST_PYTHON = (3, 10)


def check(envelope: Envelope, worker: Worker) -> Outcome:
    """Reads everything once; the outcome is done, or failed when any check failed.

    Raises:
        DeadlinePassed: the job's time is over.
    """
    checks = Checks(worker.tell)
    deadline = Deadline(envelope.ends(worker.clock.now()), worker.clock)
    https = Https(worker.transport, deadline)
    identity = ManagedIdentity(worker.environ, https)
    checks.note(python_check(sys.version_info[:2]))
    variables = checks.tried("managed identity", lambda: Variables(envelope, https, identity))
    settings = _settings(checks, envelope, variables) if variables else None
    if variables and settings:
        secrets = Secrets(https, identity, settings.key_vault_audience)
        mapping = _mapping(checks, settings, MappingReader(https, variables, secrets))
        _graph(checks, settings, https, identity)
        DirectoryChecks(checks, settings, secrets, worker, deadline).run(mapping)
    return checks.outcome()


def python_check(version: tuple[int, ...]) -> Check:
    """The interpreter that runs this; `version` is its major and minor number."""
    said = f"Python {sys.version.split()[0]} on {sys.platform}, {ssl.OPENSSL_VERSION}"
    if version < _OLDEST_PYTHON:
        return Check("Python of the worker", "fail", said, "install Python 3.10 or newer on the worker")
    return Check("Python of the worker", "ok", said)


def _settings(checks: Checks, envelope: Envelope, variables: Variables) -> Settings | None:
    """The account that the token names, and the settings in it."""
    subject = "managed identity"
    if variables.own_account:
        checks.note(Check(subject, "ok", f"its token names {variables.own_account}"))
    else:
        said = "its token does not name its account (claim xms_mirid); the job believes the account it is told"
        fix = "nothing to correct; keep the right to start jobs to few people"
        checks.note(Check(subject, "warn", said, fix))
    subject = f"settings {envelope.settings}"
    settings = checks.tried(subject, lambda: own_settings(envelope, variables))
    if settings:
        checks.note(Check(subject, "ok", f"can be read; of environment {settings.environment}"))
    return settings


def _mapping(checks: Checks, settings: Settings, reader: MappingReader) -> Mapping | None:
    mapping = checks.tried("mapping", lambda: reader.read(settings.mapping))
    if mapping:
        groups = {name for package in mapping.packages for name in package.groups}
        digest = settings.mapping.fields.get("sha256", "")
        proof = f"it is the one that was applied (sha256 {digest[:12]}...)" if digest else "read from its source"
        said = f"{len(mapping.packages)} access packages, {len(groups)} groups; {proof}"
        checks.note(Check("mapping", "ok", said))
    return mapping


def _graph(checks: Checks, settings: Settings, https: Https, identity: ManagedIdentity) -> None:
    """What the token says that the identity may do, and then really reading."""
    token = checks.tried("Graph token", lambda: identity.token(settings.graph_audience))
    if token:
        checks.note(*permission_checks(roles_of(token)))
        graph = Entitlement(settings.graph, settings.graph_audience, https, identity)
        checks.note(*reading_checks(graph))
