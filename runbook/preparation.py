"""What every job that changes something begins with: settings -> mapping -> Graph, and the way into AD."""

from __future__ import annotations

from runbook.deadline import Deadline
from runbook.directory import Directory
from runbook.entitlement import Entitlement
from runbook.envelope import Envelope
from runbook.https import Https
from runbook.identity import ManagedIdentity, Secret
from runbook.mapping_source import MappingReader
from runbook.membership import Memberships
from runbook.outcome import Refused
from runbook.secret import Secrets
from runbook.settings import DirectorySettings, Settings, read_settings
from runbook.variable import Variables
from runbook.worker import Worker


class Preparation:
    """The job's `deadline`, `settings` and `mapping`, read and checked; `graph` and `variables`, ready to be asked."""

    def __init__(self, envelope: Envelope, worker: Worker) -> None:
        """Raises: Refused, Failed or DeadlinePassed when any of it cannot be had whole."""
        self.deadline = Deadline(envelope.ends(worker.clock.now()), worker.clock)
        https = Https(worker.transport, self.deadline)
        identity = ManagedIdentity(worker.environ, https)
        self.variables = Variables(envelope, https, identity)
        self.settings = own_settings(envelope, self.variables)
        self._secrets = Secrets(https, identity, self.settings.key_vault_audience)
        self._worker = worker
        self.mapping = MappingReader(https, self.variables, self._secrets).read(self.settings.mapping)
        self.graph = Entitlement(self.settings.graph, self.settings.graph_audience, https, identity)

    def open_directory(self) -> Directory:
        """AD, connected and bound.

        Raises:
            Failed: the password cannot be read, or no domain controller can be used.
            DeadlinePassed: the job's time is over.
        """
        if self.settings.other_directories:
            return self.open_memberships()
        directory = self.settings.directory
        return self._worker.open_directory(directory, self.password(directory), self.deadline)

    def open_memberships(self) -> Memberships:
        """All domains of the settings, connected and bound, to be asked about whole groups.

        Raises:
            Failed: a password cannot be read, or no domain controller of a domain can be used.
            DeadlinePassed: the job's time is over.
        """
        domains = tuple((directory, self.password(directory)) for directory in self.settings.directories)
        return self._worker.open_memberships(domains, self.deadline)

    def password(self, directory: DirectorySettings) -> Secret | None:
        """That of the bind account; None when it binds without one.

        Raises:
            Failed: it cannot be read.
        """
        return self._secrets.read(directory.password) if directory.password else None


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
