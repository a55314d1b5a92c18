"""`lockstep reconcile`: brings everybody's groups, or one person's, in step with what Entra says now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from provision import jobs, sweep_job
from provision.commands import replay
from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.commands.two_steps import Options, Steps
from provision.jobs import Ended
from provision.resource import Json
from provision.terminal import Terminal

SOURCE: Final = "sweep"


def everybody(reference: str, options: Options, terminal: Terminal) -> int:
    """Shows what a sweep would change and, if asked to, changes it after a yes; the exit code.

    Raises:
        ProvisionError: a job could not be started or did not end in time, or the answer was not yes.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:

        def start(fields: Mapping[str, Json]) -> Ended:
            deadline = datetime.now(UTC) + environment.sweep.time_limit
            envelope = jobs.envelope(environment, SOURCE, str(uuid.uuid4()), deadline, **fields)
            with terminal.progress("Looking at everybody" if not fields["apply"] else "Applying") as tell:
                return sweep_job.run(
                    azure, azure, environment, envelope, tell, terminal.say, over_budget=options.over_budget
                )

        return Steps(azure, environment, start, "lockstep reconcile --all", reference, options, terminal).walk()


def one(reference: str, user: str, options: Options, terminal: Terminal) -> int:
    """Asks, and brings one person's groups in step; the exit code. `lockstep replay --user` is the same.

    Raises:
        ProvisionError: nobody is called so, the job could not be started, or the answer was not yes.
    """
    return replay.again(reference, None, user, options.yes, options.form, terminal, over_budget=options.over_budget)
