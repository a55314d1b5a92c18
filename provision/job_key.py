"""The id of one job in the settings of its environment: the key without which the runbook refuses it something.

Whoever may start jobs can hand the runbook any envelope, but cannot write the settings variable. So the settings name
the one job that is obeyed, and only while it runs: as `release` the one that may take everybody's memberships away
(`runbook/release.py`), as `over_budget` the one that may go over the budgets (`runbook/sweep.py`).

I/O: through the Reader and Writer it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from provision import ownership
from provision.apply import Writer
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.kinds import variable
from provision.listed_catalogs import Reader
from provision.naming import AUTOMATION_API_VERSION, account_id, settings_variable
from provision.resource import ArmTarget, Json


@dataclass(frozen=True, slots=True)
class JobKey:
    """The setting `key` = `job`; `lets` says in a few words what the job may do while it stands there.

    `to` narrows it to what the job is to do, as `Envelope.key` in `runbook/envelope.py`.
    """

    reader: Reader
    writer: Writer
    environment: Environment
    key: str
    job: str
    lets: str
    tell: Callable[[str], None]
    to: str = ""

    @property
    def value(self) -> str:
        """What stands there."""
        return f"{self.job} {self.to}".strip()

    @property
    def name(self) -> str:
        """The variable's name."""
        return settings_variable(self.environment.name)

    @property
    def target(self) -> ArmTarget:
        """The variable."""
        return ArmTarget(f"{account_id(self.environment)}/variables/{self.name}", AUTOMATION_API_VERSION)

    def put(self) -> None:
        """Into the settings as they are now, in place of another job's.

        Raises:
            ProvisionError: they are not ours, or cannot be written.
        """
        answer = self.reader.read(self.target)
        settings = self._settings(answer)
        if settings is None:
            raise ProvisionError(
                f"The job was not started: variable {self.name} is not there, or is not Lockstep's. Run "
                f"`lockstep plan -e {self.environment.name}` to see what is the matter."
            )
        try:
            self._write(answer, {**settings, self.key: self.value})
        except ProvisionError as error:
            raise ProvisionError(f"The job was not started: variable {self.name} was not written. {error}") from error

    def take_out(self, say: Callable[[str], None]) -> None:
        """If it is still there; says so when that fails, because the command is about to fail for a better reason."""
        try:
            answer = self.reader.read(self.target)
            settings = self._settings(answer) or {}
            if settings.get(self.key) == self.value:
                self._write(answer, {key: value for key, value in settings.items() if key != self.key})
        except ProvisionError as error:
            say(
                f"variable {self.name} may still let job {self.job} {self.lets}: {error} "
                f"`lockstep apply -e {self.environment.name}` takes that out."
            )

    def _settings(self, answer: Json) -> Mapping[str, Json] | None:
        """What the variable holds, None unless it is ours and whole."""
        properties = (answer or {}).get("properties") or {}
        if not ownership.is_described(properties.get("description"), self.environment.name):
            return None
        value = variable.parsed(properties)
        return value if isinstance(value, dict) else None

    def _write(self, answer: Json, settings: Mapping[str, Json]) -> None:
        request = variable.put(self.target, self.name, settings, answer["properties"]["description"])
        self.writer.send(request, self.tell)
