"""The run of a job, told once: callout -> settings -> mapping -> person in AD -> Graph -> plan -> writes -> outcome.

Everything it touches comes in as a `Worker`, so that the whole run can be tried without a network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runbook.apply import apply
from runbook.deadline import Clock, Deadline
from runbook.directory import Directory, Seen
from runbook.entitlement import Entitlement
from runbook.envelope import Envelope
from runbook.https import Https, Transport
from runbook.identity import ManagedIdentity, Secret
from runbook.mapping_source import MappingReader
from runbook.outcome import Outcome, Refused
from runbook.protection import why_person_is_protected
from runbook.reconcile import plan, wanted
from runbook.report import report
from runbook.secret import Secrets
from runbook.settings import DirectorySettings, read_settings
from runbook.variable import Variables

OpenDirectory = Callable[[DirectorySettings, "Secret | None", Deadline], Directory]


@dataclass(frozen=True, slots=True)
class Worker:
    """The machine the job runs on: its environment variables, its clock, and its ways to the outside."""

    environ: dict[str, str]
    clock: Clock
    transport: Transport
    open_directory: OpenDirectory


def run(envelope: Envelope, worker: Worker) -> Outcome:
    """Brings one person's groups in step.

    AD's memberships are read before Graph's assignments: a membership that another job writes in between, for an access
    package granted just now, is then not seen as one that nobody wants.

    Raises:
        Refused, Failed, DeadlinePassed: before anything was written.
    """
    deadline = Deadline(envelope.deadline, worker.clock)
    https = Https(worker.transport, deadline)
    identity = ManagedIdentity(worker.environ, https)

    variables = Variables(envelope, https, identity)
    settings = read_settings(variables.read(envelope.settings), envelope.settings)
    if settings.environment != envelope.environment:
        raise Refused(f"settings {envelope.settings} are of environment {settings.environment}; run 'lockstep apply'")
    secrets = Secrets(https, identity, settings.key_vault_audience)
    mapping = MappingReader(https, variables, secrets).read(settings.mapping)

    graph = Entitlement(settings.graph, settings.graph_audience, https, identity)
    sid = graph.person_sid(envelope.user)
    password = secrets.read(settings.directory.password) if settings.directory.password else None
    directory = worker.open_directory(settings.directory, password, deadline)
    try:
        person = directory.person(sid)
        objection = why_person_is_protected(person, settings.protected_users)
        if objection:
            raise Refused(f"account {sid} {objection}")
        wish = wanted(envelope, graph.assignments(envelope.user), mapping)
        seen = Seen(person, directory.groups(wish.resolve, person.member_of))
        changes = plan(wish, mapping, seen, settings.directory.domain, settings.protected_groups)
        return report(wish, changes, apply(changes, sid, directory, deadline))
    finally:
        directory.close()
