"""A reader that never stops: what it notes, and when it stops asking in vain."""

from __future__ import annotations

import pytest

from provision.doctor.noting import Noting, source_of
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import (
    ArmCollection,
    ArmTarget,
    ContentTarget,
    GraphCollection,
    GraphTarget,
    Json,
    OutputTarget,
    Target,
    WorkflowTarget,
)

GROUP = "/subscriptions/s/resourceGroups/workflows"  # a name that is a type elsewhere
ACCOUNT = f"{GROUP}/providers/Microsoft.Automation/automationAccounts/runbooks"
SILENT = ProvisionError("nobody answers. Try again.")


class Failing:
    """Answers every read with this error."""

    def __init__(self, error: ProvisionError) -> None:
        self.error = error
        self.asked: list[Target] = []

    def read(self, target: Target) -> Json:
        """See `Reader.read`."""
        self.asked.append(target)
        raise self.error


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (ArmTarget(ACCOUNT, "v"), "Automation account"),
        (ArmTarget(f"{ACCOUNT}/runbooks/workflows", "v"), "runbooks"),
        (ContentTarget(f"{ACCOUNT}/runbooks/x"), "runbook content"),
        (ArmTarget(f"{ACCOUNT}/variables/runbooks", "v"), "variables"),
        (ArmCollection(f"{ACCOUNT}/hybridRunbookWorkerGroups/g/hybridRunbookWorkers", "v"), "hybrid workers"),
        (ArmCollection(f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments", "v"), "role assignments"),
        (ArmCollection(f"{GROUP}/providers/Microsoft.Authorization/permissions", "v"), "permissions"),
        (WorkflowTarget(f"{GROUP}/providers/Microsoft.Logic/workflows/variables"), "Logic Apps"),
        (ArmTarget(GROUP, "v"), GROUP),
        (OutputTarget(f"{ACCOUNT}/jobs/runbooks"), "jobs"),
        (ArmTarget(f"{ACCOUNT}/schedules/runbooks", "v"), "schedules"),
        (ArmCollection(f"{ACCOUNT}/jobSchedules", "v"), "schedules"),
        (GraphCollection("catalogs"), "catalogs"),
        (GraphTarget("policy", ("p",)), "policy"),
    ],
)
def test_a_target_is_known_by_what_it_is_and_not_by_names(target: Target, source: str) -> None:
    assert source_of(target) == source


def test_what_cannot_be_read_is_noted_and_looks_absent() -> None:
    noting = Noting(Failing(ServiceRefusal("no. Ask.", 403, "Denied")))

    assert noting.read(GraphCollection("catalogs")) == []
    assert noting.read(GraphTarget("catalog", ("c",))) is None
    assert {name: why.denied for name, why in noting.unread.items()} == {"catalogs": True, "catalog": True}
    assert noting.seen == set()


@pytest.mark.parametrize("error", [SILENT, ServiceRefusal("busy", 503, "x"), ServiceRefusal("busy", 429, "x")])
def test_a_silent_source_is_asked_once_and_a_service_about_two(error: ProvisionError) -> None:
    reader = Failing(error)
    noting = Noting(reader)

    for noun in ("packages", "packages", "policies", "catalogs"):
        noting.read(GraphCollection(noun))
    noting.read(ArmTarget(ACCOUNT, "v"))

    assert reader.asked == [GraphCollection("packages"), GraphCollection("policies"), ArmTarget(ACCOUNT, "v")]
    assert set(noting.unread) == {"packages", "policies", "catalogs", "Automation account"}


def test_a_service_that_refuses_is_asked_on() -> None:
    reader = Failing(ServiceRefusal("no", 403, "Denied"))
    noting = Noting(reader)

    for noun in ("packages", "packages", "policies", "catalogs"):
        noting.read(GraphCollection(noun))

    assert len(reader.asked) == 4
