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
from runbook.directory_facts import GroupFacts, InspectedDirectory
from runbook.group_index import locked_guids
from runbook.group_name import GroupName, parse_group_name
from runbook.identity import Secret
from runbook.mapping import Mapping
from runbook.outcome import Failed
from runbook.record import Records
from runbook.secret import Secrets
from runbook.settings import DirectorySettings, Settings
from runbook.worker import Worker

_PEOPLE_ASKED = 5


class DirectoryChecks:
    """The checks of the domains in the settings, of each beginning with the bind account's password."""

    def __init__(
        self, checks: Checks, settings: Settings, secrets: Secrets, worker: Worker, deadline: Deadline
    ) -> None:
        self._checks = checks
        self._settings = settings
        self._secrets = secrets
        self._worker = worker
        self._deadline = deadline

    def run(self, mapping: Mapping | None) -> None:
        """Every domain; then the mapping's groups, if all domains told theirs."""
        names = frozenset(name for package in mapping.packages for name in package.groups) if mapping else frozenset()
        names |= frozenset(mapping.retired) if mapping else frozenset()
        asked = names.union(map(parse_group_name, locked_guids(names, self._settings.safety.locks)))
        told = [self._domain(domain, asked) for domain in self._settings.directories]
        facts = [each for found in told for each in found or ()]
        if mapping and None not in told:
            self._checks.note(*group_checks(names, facts, self._settings))
            Records(self._worker.tell).put(name_records(names, facts, self._settings))

    def _domain(self, domain: DirectorySettings, asked: frozenset[GroupName]) -> tuple[GroupFacts, ...] | None:
        """The password and every server; then, through the first that can be used, people and the groups asked for."""
        source, password = domain.password, None
        if source:
            subject = f"secret {source.place}"
            password = self._checks.tried(subject, lambda: self._secrets.read(source))
            if not password:
                return None
            self._checks.note(Check(subject, "ok", "can be read"))
        directory = self._servers(domain, password)
        if not directory:
            return None
        where = f" in {domain.domain}" if self._settings.other_directories else ""
        try:
            self._people(directory, f"memberships of people{where}")
            return self._checks.tried(f"groups of the mapping{where}", lambda: directory.group_facts(asked))
        finally:
            directory.close()

    def _servers(self, domain: DirectorySettings, password: Secret | None) -> InspectedDirectory | None:
        """Looks at each server; gives back the first that can be used, still open."""
        usable: InspectedDirectory | None = None
        for number, server in enumerate(domain.servers):
            try:
                directory = self._server(replace(domain, servers=(server,)), password)
            except AccountRejected as error:
                self._checks.note(failed(f"domain controller {server}", str(error)))
                said = "not tried: the bind account was refused elsewhere, and each try may lock it"
                rest = domain.servers[number + 1 :]
                fix = "correct directory.bind first"
                self._checks.note(*(Check(f"domain controller {other}", "warn", said, fix) for other in rest))
                break
            if usable and directory:
                directory.close()
            usable = usable or directory
        return usable

    def _server(self, alone: DirectorySettings, password: Secret | None) -> InspectedDirectory | None:
        """The only server of the settings, open, or None after a failed check.

        Raises:
            AccountRejected: AD does not accept the bind account.
        """
        subject = f"domain controller {alone.servers[0]}"
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
        self._checks.note(*server_checks(str(alone.servers[0]), facts, self._worker.clock.now(), alone))
        return directory

    def _people(self, directory: InspectedDirectory, subject: str) -> None:
        def read() -> int:
            people = directory.some_people(_PEOPLE_ASKED)
            return len([directory.person(sid) for sid in people])

        count = self._checks.tried(subject, read)
        if count == 0:
            said = "AD shows the bind account no ordinary user account"
            self._checks.note(Check(subject, "warn", said, "check directory.base and what the account may read"))
        elif count:
            self._checks.note(Check(subject, "ok", f"AD shows which groups people are in; {count} were asked for"))
