"""What a job on the worker adds: when it may run, and what its lines become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from provision.doctor import directory
from provision.errors import ProvisionError
from provision.job_output import Ended
from tests.fakes import ACCOUNT
from tests.patient import Break, Patient, facts, sound

RUNBOOK = f"{ACCOUNT}/runbooks/lockstep".lower()
WORKER = f"{ACCOUNT}/hybridRunbookWorkerGroups/onprem-workers/hybridRunbookWorkers/one".lower()


def ended(*lines: Mapping[str, Any], status: str = "Completed", outcome: str = "done") -> Ended:
    return Ended("j1", status, {"outcome": outcome, "detail": "x"}, tuple(lines), "")


def line(state: str, subject: str = "group A", fix: str = "") -> dict[str, str]:
    return {"subject": subject, "state": state, "said": "it is\n so", "fix": fix}


def test_a_sound_environment_lets_the_job_run() -> None:
    assert directory.obstacle(facts(sound())) is None


def _edited(patient: Patient) -> None:
    patient.contents[RUNBOOK] = "print('mine')"


def _no_settings(patient: Patient) -> None:
    del patient.arm[f"{ACCOUNT}/variables/lockstep-test-settings".lower()]


def _silent(patient: Patient) -> None:
    patient.arm[WORKER]["properties"] = {}


def _unreadable(patient: Patient) -> None:
    patient.silent["/variables/"] = ProvisionError("Resource Manager did not answer. Try again.")


@pytest.mark.parametrize(
    ("link", "said", "fix"),
    [
        (_edited, "was not run: the runbook is not the one of this version", "`lockstep apply -e test` makes it so."),
        (_no_settings, "was not run: the runbook has no settings to read", "`lockstep apply -e test` makes it so."),
        (_silent, "was not run: no worker of hybrid worker group onprem-workers is alive", "Start the machine"),
        (_unreadable, "cannot be looked at: Resource Manager did not answer", "Try again."),
    ],
)
def test_no_job_is_started_where_it_could_not_be_trusted_or_not_run(link: Break, said: str, fix: str) -> None:
    patient = sound()
    link(patient)

    check = directory.obstacle(facts(patient))

    assert check
    assert check.state == "unknown"
    assert check.said.startswith(said)
    assert check.fix.startswith(fix)


def test_before_the_first_apply_no_job_is_started() -> None:
    assert directory.obstacle(facts(Patient()))


def test_the_lines_become_checks() -> None:
    job = ended(line("ok"), line("warn", fix="w"), line("fail", fix="f"), status="Failed", outcome="failed")

    checks = list(directory.checks(job, "told"))

    assert [(c.subject, c.state, c.said, c.fix) for c in checks] == [
        ("group A", "ok", "it is so", ""),
        ("group A", "warn", "it is so", "w"),
        ("group A", "fail", "it is so", "f"),
    ]


def test_a_job_that_failed_without_saying_where_is_a_failed_check() -> None:
    job = ended(line("ok"), status="Failed", outcome="failed")

    assert [(c.subject, c.state, c.said) for c in directory.checks(job, "failed: no settings")] == [
        ("group A", "ok", "it is so"),
        ("check job", "fail", "failed: no settings"),
    ]


def test_a_job_that_says_nothing_proves_nothing() -> None:
    assert [c.state for c in directory.checks(ended(), "")] == ["unknown"]


def test_a_line_of_another_shape_is_never_a_good_one() -> None:
    strange: list[Mapping[str, Any]] = [{"state": "fine"}, {"state": ["ok"]}, {"subject": None, "state": None}]

    assert {c.state for c in directory.checks(ended(*strange), "")} == {"unknown"}
