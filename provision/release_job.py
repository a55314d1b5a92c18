"""The job that takes memberships away; the settings name it while it runs, or the runbook refuses it.

I/O: through the Reader and Writer it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from provision import jobs
from provision.apply import Writer
from provision.environment import Environment
from provision.job_key import JobKey
from provision.job_output import Ended
from provision.listed_catalogs import Reader
from provision.resource import Json

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
    job = str(envelope["job"])
    key = JobKey(reader, writer, environment, KEY, job, "take memberships away", tell)
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
