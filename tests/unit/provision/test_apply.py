from __future__ import annotations

import _thread
import copy
import threading
from collections import Counter
from typing import Any

import pytest

from provision.apply import PATIENCE, Stopped, apply
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import WorkflowTarget
from tests.fakes import WORKFLOWS, InMemoryAzure, Killed, Listener, guid
from tests.sample import carried_out, destroying, planned, provisioned


def test_an_apply_makes_everything_and_a_second_one_finds_nothing_to_do() -> None:
    azure = InMemoryAzure()

    said = carried_out(azure, planned(azure))

    assert planned(azure).changes == ()
    assert said[-1] == "(16/16) Engineering: created policy stages Engineer: Engineer for members"


def test_a_destroy_takes_away_all_that_apply_made_and_nothing_else() -> None:
    untouched = InMemoryAzure().state()
    azure = provisioned()

    carried_out(azure, destroying(azure))

    assert azure.state() == untouched
    assert destroying(azure).changes == ()


def test_a_catalogs_logic_app_goes_last_of_its_catalog() -> None:
    azure = provisioned()

    carried_out(azure, destroying(azure))

    deleted = [request.target for request in azure.writes if "finance" in str(request.target).lower()]
    assert deleted[-1] == WorkflowTarget(f"{WORKFLOWS}/lockstep-test-finance")


FULL = len(planned(InMemoryAzure()).changes)


@pytest.mark.parametrize("loses", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("writes", range(FULL))
def test_an_apply_killed_at_any_write_is_finished_by_the_next_one(writes: int, *, loses: bool) -> None:
    azure = InMemoryAzure()
    _kill(azure, writes, loses=loses)

    carried_out(azure, planned(azure))

    assert azure.state() == provisioned().state()
    assert planned(azure).changes == ()


@pytest.mark.parametrize("loses", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("writes", range(len(destroying(provisioned()).changes)))
def test_a_destroy_killed_at_any_write_is_finished_by_the_next_one(writes: int, *, loses: bool) -> None:
    azure = provisioned()
    azure.dies_after, azure.loses = writes, loses
    with pytest.raises(Killed):
        carried_out(azure, destroying(azure))
    azure.dies_after = None

    carried_out(azure, destroying(azure))

    assert azure.state() == InMemoryAzure().state()


@pytest.mark.parametrize("writes", range(FULL))
def test_an_apply_killed_at_any_write_can_be_destroyed(writes: int) -> None:
    azure = InMemoryAzure()
    _kill(azure, writes, loses=True)

    carried_out(azure, destroying(azure))

    assert azure.state() == InMemoryAzure().state()


def test_a_new_identity_is_waited_for() -> None:
    azure = InMemoryAzure()
    azure.replication = 3
    waits: list[float] = []
    listener = Listener()

    apply(planned(azure), azure, azure, listener, pause=waits.append)

    assert waits == [0.5, 1.0, 2.0] * 2
    assert "not yet (PrincipalNotFound); next attempt in 0.5 s, 0 s waited" in listener.said
    assert planned(azure).changes == ()


def test_a_throttled_write_of_any_kind_is_made_a_little_later() -> None:
    azure = InMemoryAzure()
    azure.refusals = [
        ("post", ServiceRefusal("busy", 429, "TooManyRequests")),
        ("put", ServiceRefusal("busy", 429, "")),
    ]
    waits: list[float] = []

    apply(planned(azure), azure, azure, Listener(), pause=waits.append)

    assert waits == [0.5, 0.5]
    assert planned(azure).changes == ()


def test_waiting_ends_after_four_minutes_with_the_services_own_reason() -> None:
    azure = InMemoryAzure()
    azure.replication = 1000
    waits: list[float] = []

    with pytest.raises(Stopped, match="does not exist in the directory"):
        apply(planned(azure), azure, azure, Listener(), pause=waits.append, parallel=1)

    assert 2 * (PATIENCE - 15) < sum(waits) <= 2 * PATIENCE  # each of the two catalogs waits for its own


def test_a_refused_connection_test_is_tried_again_because_a_new_access_policy_takes_time() -> None:
    azure = InMemoryAzure()
    refusal = ServiceRefusal("The connection test failed: 401", 400, "CustomExtensionConnectionTestFailed")
    azure.refusals = [("post GraphCollection(noun='extensions'", refusal)] * 2

    carried_out(azure, planned(azure))

    assert planned(azure).changes == ()


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("roleAssignments", ServiceRefusal("it exists", 409, "RoleAssignmentExists")),
        ("catalog roles", ServiceRefusal("a role assignment already exists", 400, "Conflict")),
    ],
)
def test_what_exists_already_under_another_name_is_done(text: str, refusal: ServiceRefusal) -> None:
    azure = InMemoryAzure()
    azure.refusals = [(text, refusal)]

    assert len([line for line in carried_out(azure, planned(azure)) if "created" in line]) == FULL


@pytest.mark.parametrize("parallel", [1, 8])
def test_a_failure_ends_its_catalog_only_and_the_summary_says_what_is_done_what_failed_and_what_was_not_tried(
    parallel: int,
) -> None:
    azure = InMemoryAzure()
    azure.refusals = [(f"extensions', keys=('{guid('c1')}'", ServiceRefusal("no", 403, "AuthorizationFailed"))]

    with pytest.raises(Stopped) as stopped:
        carried_out(azure, planned(azure), parallel)

    assert str(stopped.value).splitlines() == [
        "3 of 16 changes were not made",
        "environment: done (5)",
        "Finance: stopped at create custom extension Finance: no",
        "  done:",
        "    create Logic App lockstep-test-finance",
        "    create role assignment Automation Operator for lockstep-test-finance",
        "    create catalog role access package assignment manager for lockstep-test-finance",
        "  not tried:",
        "    create policy stages Analyst: Analyst for members",
        "    create policy stages Manager: Manager for members",
        "Engineering: done (5)",
        "Nothing was undone. When the cause is gone, run the same command again: it continues from here.",
    ]
    carried_out(azure, planned(azure))
    assert azure.state() == provisioned().state()


def test_a_failure_in_what_serves_all_ends_everything() -> None:
    azure = InMemoryAzure()
    azure.refusals = [("variables", ServiceRefusal("no", 403, "AuthorizationFailed"))]

    with pytest.raises(Stopped) as stopped:
        carried_out(azure, planned(azure))

    told = str(stopped.value)
    assert "environment: stopped at create variable lockstep-test-settings: no" in told
    assert "Finance: not tried (6)\n    create Logic App lockstep-test-finance" in told
    assert "Engineering: not tried (5)" in told
    assert len(azure.writes) == 2


def test_what_serves_all_is_not_deleted_while_a_catalog_is_still_there() -> None:
    azure = provisioned()
    azure.refusals = [(f"extension', keys=('{guid('c1')}'", ServiceRefusal("no", 403, "AuthorizationFailed"))]

    with pytest.raises(Stopped) as stopped:
        carried_out(azure, destroying(azure), 8)

    told = str(stopped.value)
    assert "Finance: stopped at delete custom extension Finance: no" in told
    assert "Engineering: done (5)" in told
    assert "environment: not tried (4)" in told
    assert [
        request.target for request in azure.writes if "automationAccounts/aa-identity/runbooks" in str(request)
    ] == []


def test_side_by_side_ends_where_one_at_a_time_ends() -> None:
    azure = InMemoryAzure()
    for number in range(12):
        azure.add_catalog(f"m{number}", f"Many {number}", {f"mp{number}": f"Package {number}"})
    catalogs = ["Finance", "Engineering", *(f"Many {number}" for number in range(12))]
    mapped = ("p1", "p2", "p3", *(f"mp{number}" for number in range(12)))
    one_by_one = copy.deepcopy(azure)

    carried_out(azure, planned(azure, mapped, catalogs=catalogs), 8)
    carried_out(one_by_one, planned(one_by_one, mapped, catalogs=catalogs), 1)

    assert azure.state() == one_by_one.state()
    assert planned(azure, mapped, catalogs=catalogs).changes == ()
    carried_out(azure, destroying(azure, catalogs=catalogs), 8)
    assert azure.arm.keys() == InMemoryAzure().arm.keys()


def test_catalogs_are_really_made_at_once_and_never_more_than_the_bound() -> None:
    class Meeting(InMemoryAzure):
        """Each catalog's first write waits until as many are there as may be."""

        def __init__(self) -> None:
            super().__init__()
            self.meeting = threading.Barrier(2, timeout=20)
            self.there: set[int] = set()

        def send(self, request: Any, tell: Any) -> Any:
            if isinstance(request.target, WorkflowTarget):
                self.there.add(threading.get_ident())
                self.meeting.wait()
            return super().send(request, tell)

    azure = Meeting()
    carried_out(azure, planned(azure), 2)

    assert len(azure.there) == 2
    assert planned(azure).changes == ()


def test_ctrl_c_ends_what_runs_begins_nothing_and_says_how_far_it_came() -> None:
    class Interrupting(InMemoryAzure):
        """Ctrl-C is pressed during the second write."""

        def send(self, request: Any, tell: Any) -> Any:
            if len(self.writes) == 1:
                _thread.interrupt_main()
            return super().send(request, tell)

    azure, listener = Interrupting(), Listener()

    with pytest.raises(KeyboardInterrupt):
        apply(planned(azure), azure, azure, listener, parallel=1)

    told = listener.said[-1]
    assert told.startswith("interrupted: ")
    assert "not tried" in told
    assert len(azure.writes) < FULL
    finished = InMemoryAzure()
    finished.__dict__ |= azure.__dict__
    carried_out(finished, planned(finished))
    assert finished.state() == provisioned().state()


def test_content_that_the_service_does_not_give_back_is_a_failure() -> None:
    class Forgetful(InMemoryAzure):
        def send(self, request: Any, tell: Any) -> Any:
            answer = super().send(request, tell)
            return {"state": "Published", "content": "other"} if request.verb == "publish" else answer

    azure = Forgetful()

    with pytest.raises(Stopped, match="the service holds other content than was sent"):
        carried_out(azure, planned(azure))


def test_an_access_policy_that_the_service_drops_is_a_failure() -> None:
    class Dropping(InMemoryAzure):
        def send(self, request: Any, tell: Any) -> Any:
            answer = super().send(request, tell)
            if isinstance(request.target, WorkflowTarget):
                del answer["properties"]["accessControl"]["triggers"]["sasAuthenticationPolicy"]
            return answer

    azure = Dropping()

    with pytest.raises(Stopped, match="did not keep the access control of the trigger"):
        carried_out(azure, planned(azure))


def test_a_policy_that_changed_since_the_plan_keeps_the_change() -> None:
    azure = InMemoryAzure()
    made = planned(azure)
    for policy in azure.policies.values():
        policy["displayName"] = "renamed meanwhile"

    carried_out(azure, made)

    assert {policy["displayName"] for policy in azure.policies.values()} == {"renamed meanwhile"}


def test_a_name_that_somebody_takes_between_plan_and_apply_is_left_to_them() -> None:
    azure = InMemoryAzure()
    made = planned(azure)
    azure.put_arm(f"{WORKFLOWS}/lockstep-test-finance", tags={}, properties={})

    with pytest.raises(ProvisionError, match="appeared since the plan was made and is not Lockstep's"):
        carried_out(azure, made)


def test_a_fault_of_lockstep_itself_does_not_hide_what_was_done_and_what_was_not() -> None:
    class Faulty(InMemoryAzure):
        def send(self, request: Any, tell: Any) -> Any:
            if "finance" in str(request.target).lower():
                raise ZeroDivisionError
            return super().send(request, tell)

    azure, listener = Faulty(), Listener()

    with pytest.raises(ZeroDivisionError):
        apply(planned(azure), azure, azure, listener, pause=lambda _: None, parallel=1)
    account = listener.said[-1]
    assert account.startswith(f"ended by a fault of Lockstep: {FULL - 5} of {FULL} changes were not made")
    assert "environment: done (5)" in account


def test_every_write_is_made_once() -> None:
    azure = InMemoryAzure()

    carried_out(azure, planned(azure))

    assert max(Counter(str(request.target) for request in azure.writes if request.verb != "post").values()) == 1
    assert len(azure.writes) == FULL


def _kill(azure: InMemoryAzure, writes: int, *, loses: bool) -> None:
    azure.dies_after, azure.loses = writes, loses
    with pytest.raises(Killed):
        carried_out(azure, planned(azure))
    azure.dies_after = None


def test_ctrl_c_ends_a_wait_for_a_service_at_once() -> None:
    class Waiting(InMemoryAzure):
        """Ctrl-C is pressed when a new identity is not known yet."""

        def send(self, request: Any, tell: Any) -> Any:
            try:
                return super().send(request, tell)
            except ServiceRefusal:
                _thread.interrupt_main()
                raise

    azure, listener = Waiting(), Listener()
    azure.replication = 1000

    with pytest.raises(KeyboardInterrupt):
        apply(planned(azure), azure, azure, listener, parallel=1)

    assert "stopped at create role assignment" in listener.said[-1]
    assert "interrupted while waiting for the service" in listener.said[-1]


def test_adopting_looks_again_and_takes_what_is_there_then() -> None:
    azure = InMemoryAzure()
    azure.put_arm(f"{WORKFLOWS}/lockstep-test-finance", location="westeurope", properties={}, tags={"a": "1"})
    made = planned(azure, adopt=True)
    azure.arm[f"{WORKFLOWS}/lockstep-test-finance".lower()]["tags"] = {"b": "2"}

    carried_out(azure, made)

    tags = azure.arm[f"{WORKFLOWS}/lockstep-test-finance".lower()]["tags"]
    assert (tags["b"], tags["managed-by"], "a" in tags) == ("2", "lockstep", False)
