"""A look, a yes, and a job that is bound to what was looked at: what is started, what is told, and the exit code."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from provision.commands.two_steps import Options, Steps
from provision.errors import ProvisionError, ServiceRefusal
from provision.jobs import Ended
from provision.resource import Json
from provision.terminal import Terminal
from tests.ran import ENVIRONMENT, Answers
from tests.unit.provision.swept import CHECKSUM, PACKAGE, audit, group, move, told

PLANNED = told(group(), move("ada"), adds=1).ended
DONE = told(audit("ada"), adds=1, applied=True).ended
NOTHING = told(outcome="nothing_to_do").ended
WITHHELD = told(group(), move("ada", withheld=True), outcome="partial", withheld=1, over=["too many"]).ended
REFUSED = told(outcome="refused", detail="the world moved").ended
NO_PLAN = told(outcome="failed", checksum="").ended
COMMAND, REFERENCE = "lockstep reconcile --all", "my test.yaml"


class Keyboard(io.StringIO):
    """A terminal's end."""

    def isatty(self) -> bool:
        """Somebody is there."""
        return True


class Walk:
    """One command line: what it starts, what it prints, and how it ends."""

    def __init__(self, *ends: Ended, typed: str = "yes\n", graph: Any = None, **options: Any) -> None:
        self.started: list[Mapping[str, Json]] = []
        self.out, self.err = io.StringIO(), Keyboard()
        terminal = Terminal(self.out, self.err, Keyboard(typed), {})
        waiting = list(ends)

        def start(fields: Mapping[str, Json]) -> Ended:
            self.started.append(fields)
            return waiting.pop(0)

        reader = graph or Answers({("packages",): [{"id": PACKAGE, "displayName": "Analyst"}]})
        steps = Steps(reader, ENVIRONMENT, start, COMMAND, REFERENCE, Options(**options), terminal, {"undone": "x"})
        self.code = steps.walk()
        assert waiting == []

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.getvalue())
        return found


LOOK = {"apply": False, "adds_over_budget": False}
WRITE = {"apply": True, "checksum": CHECKSUM, "adds_over_budget": False}


def test_without_apply_one_job_looks_and_the_way_to_do_it_is_told() -> None:
    walk = Walk(PLANNED)

    assert (walk.started, walk.code) == ([LOOK], 0)
    assert "Analyst is assigned" in walk.out.getvalue()
    assert f"said (checksum {CHECKSUM})" in walk.out.getvalue()
    assert f"`{COMMAND} -e '{REFERENCE}' --apply --checksum {CHECKSUM}`" in walk.err.getvalue()


def test_what_was_allowed_is_allowed_in_the_command_that_is_told() -> None:
    walk = Walk(PLANNED, over_budget=True, adds_over_budget=True)

    assert walk.started == [{**LOOK, "adds_over_budget": True}]
    assert f"--checksum {CHECKSUM} --over-budget --adds-over-budget`" in walk.err.getvalue()


@pytest.mark.parametrize(
    ("end", "code"),
    [(PLANNED, 2), (NOTHING, 0), (WITHHELD, 1), (NO_PLAN, 1)],
    ids=["changes", "none", "over", "failed"],
)
def test_the_exit_code_tells_whether_something_would_change(end: Ended, code: int) -> None:
    assert Walk(end, exit_code=True).code == code


def test_with_apply_a_yes_is_asked_for_and_the_second_job_is_bound_to_the_first() -> None:
    walk = Walk(PLANNED, DONE, apply=True)

    assert (walk.started, walk.code) == ([LOOK, WRITE], 0)
    assert "Make this change? [yes/no]" in walk.err.getvalue()
    assert walk.out.getvalue().count("Analyst is assigned") == 1
    assert f"To take it back: `lockstep undo {DONE.id} -e '{REFERENCE}'`" in " ".join(walk.err.getvalue().split())


def test_without_a_yes_nothing_is_written() -> None:
    with pytest.raises(ProvisionError, match="Nothing was changed"):
        Walk(PLANNED, apply=True, typed="no\n")


@pytest.mark.parametrize("end", [NOTHING, WITHHELD, NO_PLAN], ids=["nothing", "all withheld", "no plan"])
def test_where_there_is_nothing_to_write_nobody_is_asked(end: Ended) -> None:
    walk = Walk(end, apply=True, typed="")

    assert (walk.started, walk.code) == ([LOOK], 0 if end is NOTHING else 1)
    assert "[yes/no]" not in walk.err.getvalue()


def test_with_a_checksum_one_job_writes_and_tells_what_it_wrote() -> None:
    walk = Walk(DONE, apply=True, checksum=CHECKSUM, typed="")

    assert (walk.started, walk.code) == ([WRITE], 0)
    assert "Analyst is assigned" in walk.out.getvalue()


def test_a_world_that_moved_is_told_and_is_code_1() -> None:
    walk = Walk(PLANNED, REFUSED, apply=True, yes=True)

    assert (walk.started, walk.code) == ([LOOK, WRITE], 1)
    assert "refused: the world moved" in walk.out.getvalue()


def test_a_problem_is_told_once_and_so_is_what_was_read_back() -> None:
    problem = "group Readers is shut; " + "x" * 60
    end = told(outcome="partial", detail=f"would add 1; {problem[:50]}...", problems=[problem]).ended
    done = told(audit("ada"), adds=1, applied=True, verified=True).ended

    assert Walk(end).out.getvalue() == f"partial: would add 1 (checksum {CHECKSUM})\nproblem: {problem}\n"
    assert "said; read back, and as it should be" in Walk(done, apply=True, checksum=CHECKSUM).out.getvalue()


def test_json_is_one_object_about_the_last_job() -> None:
    looked = Walk(PLANNED, form="json").document
    done = Walk(PLANNED, DONE, apply=True, yes=True, form="json")

    assert (looked["planned"], looked["applied"], len(looked["moves"])) == (None, False, 1)
    assert (looked["undone"], looked["packages"]) == ("x", {PACKAGE: "Analyst"})
    assert (done.document["planned"], done.document["applied"], len(done.document["audit"])) == (PLANNED.id, True, 1)
    assert "Analyst is assigned" in done.err.getvalue()


def test_packages_that_cannot_be_read_go_by_their_ids() -> None:
    class Closed(Answers):
        def read(self, target: Any) -> Any:
            raise ServiceRefusal(f"no right to {target}", 403, "Forbidden")

    walk = Walk(PLANNED, graph=Closed())

    assert (walk.code, f"{PACKAGE} is assigned" in walk.out.getvalue()) == (0, True)
