"""The job that takes memberships away, and the key without which the runbook refuses it.

Whoever may start jobs can hand the runbook any envelope, but cannot write the settings variable. So the settings name
the one job that is obeyed (`release`, read by `runbook/release.py`), and only while it runs.

I/O: through the Reader and Writer it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from provision import jobs, ownership
from provision.apply import Writer
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.job_output import Ended
from provision.kinds import variable
from provision.listed_catalogs import Reader
from provision.naming import AUTOMATION_API_VERSION, account_id, settings_variable
from provision.resource import ArmTarget, Json

KEY: Final = "release"


def run(  # noqa: PLR0913, PLR0917 - as `jobs.run`, and who is told what outlives the progress
    reader: Reader,
    writer: Writer,
    environment: Environment,
    envelope: Mapping[str, Json],
    tell: Callable[[str], None],
    say: Callable[[str], None],
) -> Ended:
    """Names the job in the settings, runs it, and takes its name out again unless it has ended well.

    When it has, `destroy` deletes the settings. A killed command leaves the name behind; `plan` shows it then.

    Raises:
        ProvisionError: the settings cannot be written, or as `jobs.run`.
        KeyboardInterrupt: after what becomes of the job was said.
    """
    key = _Key(reader, writer, environment, str(envelope["job"]), tell)
    well = False
    try:
        key.put()
        ended = jobs.run(reader, writer, environment, envelope, tell)
        well = ended.well
    except KeyboardInterrupt:
        say(_goes_on(environment, envelope))
        raise
    finally:
        if not well:
            key.take_out(say)
    return ended


def _goes_on(environment: Environment, envelope: Mapping[str, Json]) -> str:
    return (
        f"interrupted: nothing was deleted. Job {envelope['job']} goes on, at most until {envelope['deadline']}, and "
        "takes people out of groups; if it had not begun yet, it refuses. Azure Automation shows it under Jobs of "
        f"account {environment.automation.account}."
    )


@dataclass(frozen=True, slots=True)
class _Key:
    """The id of one job, in the settings of its environment."""

    reader: Reader
    writer: Writer
    environment: Environment
    job: str
    tell: Callable[[str], None]

    @property
    def name(self) -> str:
        return settings_variable(self.environment.name)

    @property
    def target(self) -> ArmTarget:
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
            self._write(answer, {**settings, KEY: self.job})
        except ProvisionError as error:
            raise ProvisionError(f"The job was not started: variable {self.name} was not written. {error}") from error

    def take_out(self, say: Callable[[str], None]) -> None:
        """If it is still there; says so when that fails, because the command is about to fail for a better reason."""
        try:
            answer = self.reader.read(self.target)
            settings = self._settings(answer) or {}
            if settings.get(KEY) == self.job:
                self._write(answer, {key: value for key, value in settings.items() if key != KEY})
        except ProvisionError as error:
            say(
                f"variable {self.name} may still let job {self.job} take memberships away: {error} "
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
