"""`lockstep mapping lock`: pins each group's name in the mapping to the GUID that it has in AD now.

I/O: a job on the worker finds the GUIDs; the lock file is read and written.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from provision import jobs, mapping_lock, mapping_source
from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.job_output import Ended
from provision.job_records import records
from provision.locking import Relock, relock
from provision.terminal import Terminal
from runbook.group_name import GroupName, parse_group_name

PATIENCE: Final = timedelta(minutes=10)
"""How long the job on the worker may take before it gives up."""


def lock(reference: str, form: str, terminal: Terminal, *, yes: bool) -> int:
    """Writes the lock file; 0 when every name in the mapping is pinned to what it means now, 1 otherwise.

    Raises:
        ProvisionError: nothing was written, and why.
    """
    environment = opened(reference, terminal)
    path = _file(environment)
    names = mapping_lock.names(mapping_source.parsed(mapping_source.unpinned(environment)))
    before = mapping_lock.kept(path)
    ended = _asked(environment, terminal)
    made = relock(names, before, _found(ended, environment))
    terminal.say("\n".join([f"{path}:", *made.told()]) if any(made.told()) else f"{path}: as it was")
    _agree(made, yes, terminal)
    _write(path, mapping_lock.written(made.pins))
    _warn(made, ended, environment, terminal)
    if form == "json":
        terminal.result(json.dumps({"version": 1, "file": str(path), **made.document()}, indent=2, ensure_ascii=False))
    else:
        terminal.show(f"{path}: {len(made.pins)} of {len(names)} names are locked")
    return 1 if made.unknown else 0


def _file(environment: Environment) -> Path:
    path = environment.mapping.lock
    if path is None:
        raise ProvisionError(
            f"{environment.where('mapping')}: the environment names no lock file; write one under `mapping`, like "
            f"lock: {environment.name}.lock.json"
        )
    return path


def _asked(environment: Environment, terminal: Terminal) -> Ended:
    """The job that has looked at every group of the deployed mapping; it changes nothing."""
    envelope = jobs.envelope(environment, "check", str(uuid.uuid4()), datetime.now(UTC) + PATIENCE)
    with connected(environment) as azure, terminal.progress("Asking AD, by a job on the worker") as tell:
        return jobs.run(azure, azure, environment, envelope, tell)


def _found(ended: Ended, environment: Environment) -> dict[GroupName, str]:
    found = {parse_group_name(str(each["name"])): str(each["group"]) for each in records(ended.text) if _names(each)}
    if not found:
        raise ProvisionError(
            f"{jobs.told(ended, environment)}. The job named no group, so nothing was locked; "
            f"`lockstep doctor -e {environment.name}` shows what it found."
        )
    return found


def _names(record: object) -> bool:
    return isinstance(record, dict) and record.get("kind") == "name"


def _agree(made: Relock, yes: bool, terminal: Terminal) -> None:  # noqa: FBT001 - the command line's own order
    count = len(made.changed)
    if not count or yes:
        return
    question = f"{count} of these names meant another group before. Have you looked at them in AD, and lock them anew?"
    if not terminal.confirm(question):
        raise ProvisionError("Nothing was written: the answer was not yes.")


def _write(path: Path, text: str) -> None:
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ProvisionError(f"{path}: cannot be written: {error.strerror}") from error


def _warn(made: Relock, ended: Ended, environment: Environment, terminal: Terminal) -> None:
    if made.unknown:
        terminal.warn(_unknown(made.unknown, ended))
    if made.new or made.changed or made.gone:
        terminal.warn(f"the runbook knows these locks after the next `lockstep apply -e {environment.origin}`")


def _unknown(names: Sequence[GroupName], ended: Ended) -> str:
    """Why the job found no group for each of these names, as far as it said."""
    said = {str(check.get("subject")): str(check.get("said")) for check in ended.checks}
    rest = "the job did not look for it: it reads the deployed mapping, so `lockstep apply` first"
    lines = [f"  {name}: {said.get(f'group {name}', rest)}" for name in names]
    return "\n".join(["these names are not one group in AD, and were left as they were:", *lines])
