"""The example workflow: what it calls exists, what it may do is little, and what it runs is shell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from provision import report
from provision.cli import app
from tests.fakes import InMemoryAzure
from tests.sample import planned, provisioned

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/lockstep.yml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
TRIGGERS = WORKFLOW[True]  # YAML 1.1 reads `on` as a truth
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
SCRIPTS: list[tuple[str, str]] = [
    (f"{job}: {step['name']}", step["run"]) for job in JOBS for step in JOBS[job]["steps"] if "run" in step
]
CONTEXTS = {"github", "vars", "inputs"}


@pytest.mark.parametrize(("name", "script"), SCRIPTS, ids=[name for name, _ in SCRIPTS])
def test_every_script_is_shell(name: str, script: str) -> None:
    done = subprocess.run(["/bin/bash", "-n", "-c", script], capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stderr) == (0, ""), name


@pytest.mark.parametrize(("name", "script"), SCRIPTS, ids=[name for name, _ in SCRIPTS])
def test_no_script_holds_an_expression_that_others_could_write(name: str, script: str) -> None:
    assert "${{" not in script, name


def test_every_lockstep_command_exists_with_its_options() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined] # a group has them
    found = [line for _, script in SCRIPTS for line in re.findall(r"^\s*lockstep ([^|>#\n]+)", script, re.MULTILINE)]

    assert sorted(line.split()[0] for line in found) == ["apply", "plan", "plan"]
    for line in found:
        known = {flag for parameter in commands[line.split()[0]].params for flag in parameter.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", line)) <= known, line


def test_pull_requests_plan_and_only_main_applies() -> None:
    assert set(TRIGGERS) == {"pull_request", "push", "workflow_dispatch"}
    assert TRIGGERS["push"]["branches"] == ["main"]
    assert "pull_request_target" not in TEXT
    assert "head.repo.full_name == github.repository" in JOBS["plan"]["if"]
    assert JOBS["apply"]["if"] == "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'"
    assert JOBS["apply"]["environment"] == "production"
    assert "--plan-checksum" not in "".join(step.get("run", "") for step in JOBS["plan"]["steps"])


def test_permissions_are_the_least_and_named_for_each_job() -> None:
    assert WORKFLOW["permissions"] == {}
    assert JOBS["plan"]["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    assert JOBS["apply"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "actions": "read",
        "pull-requests": "read",
    }


def test_applies_wait_for_each_other_and_are_never_cut_off() -> None:
    assert JOBS["apply"]["concurrency"] == {"group": "lockstep-apply", "cancel-in-progress": False}
    assert JOBS["plan"]["concurrency"]["cancel-in-progress"] is True
    assert all(isinstance(job["timeout-minutes"], int) for job in JOBS.values())


def test_no_secret_is_used_and_the_two_jobs_are_two_applications() -> None:
    assert "secrets." not in TEXT
    assert len({job["env"]["AZURE_CLIENT_ID"] for job in JOBS.values()}) == 2
    contexts = {match.split(".")[0] for match in re.findall(r"\$\{\{ *([a-z_.]+)", TEXT)}
    assert contexts <= CONTEXTS


def test_actions_are_githubs_own_and_pinned_by_major_version() -> None:
    used = [step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step]

    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v[0-9]+", action) for action in used)
    checkouts = [s for job in JOBS.values() for s in job["steps"] if s.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def _run(script: str, folder: Path, environ: dict[str, str], **programs: str) -> tuple[int, str]:
    """The step's exit code and output, with these programs (bash) in the place of the real ones."""
    for name, body in programs.items():
        (folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (folder / name).chmod(0o755)
    files = {"GITHUB_ENV": str(folder / "env"), "GITHUB_STEP_SUMMARY": str(folder / "summary")}
    done = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={"PATH": f"{folder}:/usr/bin:/bin", **files, **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def _script(name: str) -> str:
    return dict(SCRIPTS)[name]


@pytest.mark.parametrize("provided", [False, True])
def test_the_checksum_is_the_plans_own_and_empty_when_nothing_is_to_do(tmp_path: Path, *, provided: bool) -> None:
    azure = provisioned() if provided else InMemoryAzure()
    plan = planned(azure)
    (tmp_path / "plan").write_text(report.markdown(plan) + "\n", encoding="utf-8")

    code, said = _run(_script("plan: Plan"), tmp_path, {"ENVIRONMENT": "x"}, lockstep=f"cat {tmp_path}/plan")

    assert (code, said) == (0, "")
    assert (tmp_path / "reviewed/checksum").read_text().strip() == ("" if provided else plan.checksum)
    assert (tmp_path / "summary").read_text(encoding="utf-8").startswith("### Lockstep plan for")


GH = """
case "$*" in
  *"/pulls"*) echo "$HEAD" ;;
  "run list"*) echo "$RUN" ;;
  "run download 7 "*) mkdir reviewed; echo "$REVIEWED" > reviewed/checksum ;;
esac
"""
SUM = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("environ", "code", "wanted"),
    [
        ({"HEAD": "abc", "RUN": "7", "REVIEWED": SUM}, 0, f"CHECKSUM={SUM}\n"),
        ({"HEAD": "abc", "RUN": "7", "REVIEWED": ""}, 0, "CHECKSUM=\n"),
        ({"HEAD": "abc", "RUN": "7", "REVIEWED": f"{SUM}\nPATH=/evil"}, 1, "not the checksum"),
        ({"HEAD": "", "RUN": "7", "REVIEWED": SUM}, 1, "is no merged pull request"),
        ({"HEAD": "abc", "RUN": "", "REVIEWED": SUM}, 1, "no finished plan"),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "TYPED": SUM}, 0, f"CHECKSUM={SUM}\n"),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "TYPED": ""}, 1, "No checksum was typed"),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "TYPED": "$(id)"}, 1, "not the checksum"),
    ],
)
def test_main_takes_only_the_checksum_of_a_reviewed_plan(
    tmp_path: Path, environ: dict[str, str], code: int, wanted: str
) -> None:
    fixed = {"GITHUB_EVENT_NAME": "push", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "s", "GH_TOKEN": "t", "TYPED": ""}
    empty = {"HEAD": "", "RUN": "", "REVIEWED": ""}

    ended, said = _run(
        _script("apply: Find the plan that was reviewed"), tmp_path, {**fixed, **empty, **environ}, gh=GH
    )

    assert ended == code
    written = (tmp_path / "env").read_text() if (tmp_path / "env").exists() else ""
    assert wanted in (said if code else written)
    assert not (code and written)


@pytest.mark.parametrize(
    ("checksum", "words"),
    [(SUM, f"apply -e x --yes --plan-checksum {SUM}"), ("", "plan -e x --exit-code")],
)
def test_a_checksum_binds_the_apply_and_without_one_nothing_may_be_to_do(
    tmp_path: Path, checksum: str, words: str
) -> None:
    environ = {"ENVIRONMENT": "x", "CHECKSUM": checksum}

    assert _run(_script("apply: Apply"), tmp_path, environ, lockstep='echo "$@"; exit 2') == (2, f"{words}\n")
