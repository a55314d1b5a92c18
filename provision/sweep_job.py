"""A job that looks at everybody, or undoes what one did: run while the settings let it go over the budgets, if asked.

I/O: through the Reader and Writer it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Final

from provision import jobs
from provision.apply import Writer
from provision.environment import Environment
from provision.job_key import JobKey
from provision.job_output import Ended
from provision.listed_catalogs import Reader
from provision.resource import Json

KEY: Final = "over_budget"


def run(  # noqa: PLR0913, PLR0917 - as `jobs.run`, who is told what outlives the progress, and the one choice
    reader: Reader,
    writer: Writer,
    environment: Environment,
    envelope: Mapping[str, Json],
    tell: Callable[[str], None],
    say: Callable[[str], None],
    *,
    over_budget: bool,
) -> Ended:
    """Runs the job; with `over_budget` the settings name it meanwhile, so that the budgets do not bind it.

    Raises:
        ProvisionError: the settings cannot be written, or as `jobs.run`.
        KeyboardInterrupt: after what becomes of the job was said.
    """
    to = str(envelope.get("checksum") or envelope.get("user") or "")
    key = JobKey(reader, writer, environment, KEY, str(envelope["job"]), "go over the budgets", tell, to)
    with _put(key, say) if over_budget else nullcontext():
        try:
            return jobs.run(reader, writer, environment, envelope, tell)
        except KeyboardInterrupt:
            say(
                f"interrupted: job {envelope['job']} may go on without the command, at most until "
                f"{envelope['deadline']}. Azure Automation shows it under Jobs of account "
                f"{environment.automation.account}."
            )
            raise


@contextmanager
def _put(key: JobKey, say: Callable[[str], None]) -> Iterator[None]:
    try:
        key.put()
        yield
    finally:
        key.take_out(say)
