"""What every job that changes something begins with: settings -> mapping -> Graph, and the way into AD."""

from __future__ import annotations

from runbook.deadline import Deadline
from runbook.directory import Directory
from runbook.entitlement import Entitlement
from runbook.envelope import Envelope
from runbook.https import Https
from runbook.identity import ManagedIdentity
from runbook.mapping_source import MappingReader
from runbook.outcome import Refused
from runbook.secret import Secrets
from runbook.settings import Settings, read_settings
from runbook.variable import Variables
from runbook.worker import Worker


class Preparation:
    """The job's `deadline`, `settings` and `mapping`, read and checked, and `graph`, ready to be asked."""

    def __init__(self, envelope: Envelope, worker: Worker) -> None:
        """Raises: Refused, Failed or DeadlinePassed when any of it cannot be had whole."""
        self.deadline = Deadline(envelope.ends(worker.clock.now()), worker.clock)
        https = Https(worker.transport, self.deadline)
        identity = ManagedIdentity(worker.environ, https)
        variables = Variables(envelope, https, identity)
        self.settings = own_settings(envelope, variables)
        self._secrets = Secrets(https, identity, self.settings.key_vault_audience)
        self._open = worker.open_directory
        self.mapping = MappingReader(https, variables, self._secrets).read(self.settings.mapping)
        self.graph = Entitlement(self.settings.graph, self.settings.graph_audience, https, identity)

    def open_directory(self) -> Directory:
        """AD, connected and bound.

        Raises:
            Failed: the password cannot be read, or no domain controller can be used.
            DeadlinePassed: the job's time is over.
        """
        directory = self.settings.directory
        password = self._secrets.read(directory.password) if directory.password else None
        return self._open(directory, password, self.deadline)


def own_settings(envelope: Envelope, variables: Variables) -> Settings:
    """The settings that the envelope names.

    Raises:
        Refused: they are another environment's.
        Failed: they cannot be read or are not whole.
    """
    settings = read_settings(variables.read(envelope.settings), envelope.settings)
    if settings.environment != envelope.environment:
        raise Refused(f"settings {envelope.settings} are of environment {settings.environment}; run 'lockstep apply'")
    return settings
