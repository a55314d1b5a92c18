"""The Automation variable by which an undo's job learns what to undo; it is there while the job runs.

Whoever may start jobs can write any envelope, but no variable. A killed command leaves it behind; the next undo
replaces it, `plan` shows it then, and `apply` deletes it.

I/O: through the Reader and Writer it is given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from provision import ownership
from provision.apply import Writer
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.kinds import variable
from provision.listed_catalogs import Reader
from provision.naming import AUTOMATION_API_VERSION, account_id, undo_variable
from provision.resource import ArmTarget, Json, Request


@contextmanager
def kept(
    reader: Reader,
    writer: Writer,
    environment: Environment,
    value: Mapping[str, Json],
    say: Callable[[str], None],
) -> Iterator[None]:
    """The variable with this value, as long as it is needed.

    Raises:
        ProvisionError: it cannot be written, or something that is not Lockstep's has its name.
    """
    name = undo_variable(environment.name)
    target = ArmTarget(f"{account_id(environment)}/variables/{name}", AUTOMATION_API_VERSION)
    _put(reader, writer, environment, target, name, value)
    try:
        yield
    finally:
        _delete(reader, writer, environment, target, name, str(value["job"]), say)


def _put(  # noqa: PLR0913, PLR0917 - where and what
    reader: Reader,
    writer: Writer,
    environment: Environment,
    target: ArmTarget,
    name: str,
    value: Mapping[str, Json],
) -> None:
    if len(json.dumps(value)) > variable.VALUE_LENGTH:
        raise ProvisionError(f"The job changed more than variable {name} can hold; nothing was undone.")
    there = reader.read(target)
    if there is not None and not _ours(there, environment):
        raise ProvisionError(f"variable {name} is not Lockstep's; nothing was undone. Rename or delete it.")
    described = ownership.description(environment.name, "changes that a job undoes")
    writer.send(variable.put(target, name, value, described), _nobody)


def _delete(  # noqa: PLR0913, PLR0917 - as `_put`
    reader: Reader,
    writer: Writer,
    environment: Environment,
    target: ArmTarget,
    name: str,
    job: str,
    say: Callable[[str], None],
) -> None:
    """If it is still the job's; says so when that fails, because the command may fail for a better reason."""
    try:
        there = reader.read(target)
        value = variable.parsed(there["properties"]) if there and _ours(there, environment) else None
        if isinstance(value, dict) and value.get("job") == job:
            writer.send(Request("delete", target), _nobody)
    except ProvisionError as error:
        say(f"variable {name} was not deleted: {error} `lockstep apply -e {environment.name}` deletes it.")


def _ours(answer: Json, environment: Environment) -> bool:
    return ownership.is_described((answer.get("properties") or {}).get("description"), environment.name)


def _nobody(_: str) -> None:
    """A write that takes no time worth telling."""
