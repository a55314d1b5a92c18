"""Looks at AD as a job would use it: every domain controller, the mapping's groups, the memberships of a few people.

Reads through `InspectedDirectory` only.
"""

from __future__ import annotations

from dataclasses import replace

from runbook.check_group import group_checks, name_records
from runbook.check_line import Check, Checks, failed
from runbook.check_server import server_checks
from runbook.deadline import Deadline
from runbook.directory_connection import AccountRejected
from runbook.directory_facts import InspectedDirectory
from runbook.group_index import locked_guids
from runbook.group_name import parse_group_name
from runbook.identity import Secret
from runbook.mapping import Mapping
from runbook.outcome import Failed
from runbook.record import Records
from runbook.secret import Secrets
from runbook.settings import DirectoryServer, Settings
from runbook.worker import Worker

_PEOPLE_ASKED = 5


class DirectoryChecks:
    """The checks of the directory in the settings, beginning with the bind account's password."""

    def __init__(
        self, checks: Checks, settings: Settings, secrets: Secrets, worker: Worker, deadline: Deadline
    ) -> None:
        self._checks = checks
        self._settings = settings
        self._secrets = secrets
        self._worker = worker
        self._deadline = deadline

    def run(self, mapping: Mapping | None) -> None:
        """The password and every server; then, through the first that can be used, groups and people."""
        source, password = self._settings.directory.password, None
        if source:
            subject = f"secret {source.place}"
            password = self._checks.tried(subject, lambda: self._secrets.read(source))
            if not password:
                return
            self._checks.note(Check(subject, "ok", "can be read"))
        directory = self._servers(password)
        if not directory:
            return
        try:
            if mapping:
                self._groups(directory, mapping)
            self._people(directory)
        finally:
            directory.close()

    def _servers(self, password: Secret | None) -> InspectedDirectory | None:
        """Looks at each server; gives back the first that can be used, still open."""
        usable: InspectedDirectory | None = None
        servers = self._settings.directory.servers
        for number, server in enumerate(servers):
            try:
                directory = self._server(server, password)
            except AccountRejected as error:
                self._checks.note(failed(f"domain controller {server}", str(error)))
                said = "not tried: the bind account was refused elsewhere, and each try may lock it"
                rest = servers[number + 1 :]
                fix = "correct directory.bind first"
                self._checks.note(*(Check(f"domain controller {other}", "warn", said, fix) for other in rest))
                break
            if usable and directory:
                directory.close()
            usable = usable or directory
        return usable

    def _server(self, server: DirectoryServer, password: Secret | None) -> InspectedDirectory | None:
        """The server, open, or None after a failed check.

        Raises:
            AccountRejected: AD does not accept the bind account.
        """
        alone, subject = replace(self._settings.directory, servers=(server,)), f"domain controller {server}"
        try:
            directory = self._worker.inspect_directory(alone, password, self._deadline)
        except AccountRejected:
            raise
        except Failed as error:
            self._checks.note(failed(subject, str(error)))
            return None
        facts = self._checks.tried(subject, directory.server_facts)
        if facts is None:
            directory.close()
            return None
        self._checks.note(*server_checks(str(server), facts, self._worker.clock.now(), alone))
        return directory

    def _groups(self, directory: InspectedDirectory, mapping: Mapping) -> None:
        names = frozenset(name for package in mapping.packages for name in package.groups).union(mapping.retired)
        asked = names.union(map(parse_group_name, locked_guids(names, self._settings.safety.locks)))
        facts = self._checks.tried("groups of the mapping", lambda: directory.group_facts(asked))
        if facts is not None:
            self._checks.note(*group_checks(names, facts, self._settings))
            Records(self._worker.tell).put(name_records(names, facts, self._settings))

    def _people(self, directory: InspectedDirectory) -> None:
        subject = "memberships of people"

        def read() -> int:
            people = directory.some_people(_PEOPLE_ASKED)
            return len([directory.person(sid) for sid in people])

        count = self._checks.tried(subject, read)
        if count == 0:
            said = "AD shows the bind account no ordinary user account"
            self._checks.note(Check(subject, "warn", said, "check directory.base and what the account may read"))
        elif count:
            self._checks.note(Check(subject, "ok", f"AD shows which groups people are in; {count} were asked for"))
