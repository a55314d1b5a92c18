"""What there is to undo of a job, by what it has told."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from provision import jobs
from provision.errors import ProvisionError
from provision.runs.record import Job
from provision.undo_changes import Undoable, undoable
from tests.fakes import guid
from tests.ran import ENVIRONMENT, JOB, NOW
from tests.unit.provision.swept import PACKAGE, READERS, WRITERS, audit, output

ENVELOPE = jobs.envelope(ENVIRONMENT, "sweep", JOB, NOW)


def _job(*records: dict[str, Any], status: str = "Completed", text: str | None = None, **facts: Any) -> Job:
    return Job(JOB, status, ENVELOPE, output(*records, **facts) if text is None else text)


def _told(found: Undoable) -> list[tuple[str, str, str]]:
    return [(change["group"], change["action"], change["user"]) for change in found.changes]


def test_what_a_job_has_done_is_what_there_is_to_undo() -> None:
    found = undoable("test", _job(audit("ada"), audit("ben", "remove", group=WRITERS)))

    assert _told(found) == [(READERS, "add", guid("ada")), (WRITERS, "remove", guid("ben"))]
    assert found.changes[0] == {
        "group": READERS,
        "sid": "S-1-5-21-1-2-3-ada",
        "action": "add",
        "user": guid("ada"),
        "package": PACKAGE,
        "assignment": "of-ada",
    }
    assert (found.job, found.uncertain, found.ended) == (JOB, 0, True)


def test_what_was_so_already_or_failed_is_left_and_what_is_not_known_is_counted() -> None:
    records = [audit(name, outcome=name) for name in ("already", "failed", "unknown", "done")]

    found = undoable("test", _job(*records, outcome="partial", status="Failed"))

    assert (_told(found), found.uncertain) == ([(READERS, "add", guid("done"))], 1)


def test_of_several_changes_of_one_membership_the_first_and_the_last_count() -> None:
    back = [audit("ada"), audit("ada", "remove")]
    thrice = [audit("ben", "remove"), audit("ben"), audit("ben", "remove")]

    assert _told(undoable("test", _job(*back, *thrice))) == [(READERS, "remove", guid("ben"))]


def test_a_job_that_was_cut_off_is_undone_as_far_as_it_has_told() -> None:
    text = output(audit("ada")).partition("LOCKSTEP-RESULT")[0]

    found = undoable("test", _job(text=text, status="Stopped"))

    assert (_told(found), found.ended) == ([(READERS, "add", guid("ada"))], False)


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (Job(JOB, "Completed", None, output(audit("ada"))), "is no job of environment test"),
        (Job(JOB, "Completed", {**ENVELOPE, "environment": "test-2"}, ""), "is no job of environment test"),
        (_job(audit("ada"), status="Running"), "is Running; wait until it has ended"),
        (_job(audit("ada"), {"kind": "omitted", "count": 5}), r"\(5 records are missing\)"),
        (_job(text=""), "printed no result"),
        (_job(added=["Readers"]), "told no audit records"),
        (_job(text=output(audit("ada"))[:40]), "cannot be read"),
    ],
    ids=["not ours", "another environment's", "goes on", "omitted", "silent", "older version", "cut off"],
)
def test_a_job_of_which_not_all_is_known_is_refused(job: Job, said: str) -> None:
    with pytest.raises(ProvisionError, match=said):
        undoable("test", job)


def test_a_job_that_has_changed_nothing_leaves_nothing_to_undo() -> None:
    assert undoable("test", _job(outcome="nothing_to_do")).changes == ()


def test_the_changes_go_packed_and_with_the_jobs_that_they_are_for() -> None:
    value = undoable("test", _job(audit("ada"), audit("ben"))).value(guid("own"))

    lines = zlib.decompress(base64.b64decode(value["changes"])).decode().splitlines()
    assert (value["job"], value["undone"]) == (guid("own"), JOB)
    assert [json.loads(line)["user"] for line in lines] == [guid("ada"), guid("ben")]
