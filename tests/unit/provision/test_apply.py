from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from provision.apply import PATIENCE, Stopped, apply
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import WorkflowTarget
from tests.fakes import WORKFLOWS, InMemoryAzure, Killed, Listener
from tests.sample import carried_out, destroying, planned, provisioned


def test_an_apply_makes_everything_and_a_second_one_finds_nothing_to_do() -> None:
    azure = InMemoryAzure()

    said = carried_out(azure, planned(azure))

    assert planned(azure).changes == ()
    assert said[-1] == "(16/16) created policy stages Engineer: Engineer for members"


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
        apply(planned(azure), azure, azure, Listener(), pause=waits.append)

    assert PATIENCE - 15 < sum(waits) <= PATIENCE


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


def test_the_first_failure_stops_and_says_what_was_done_what_failed_and_what_was_not_tried() -> None:
    azure = InMemoryAzure()
    azure.refusals = [("logic/workflows", ServiceRefusal("no", 403, "AuthorizationFailed"))]
    azure.refusals = [("Microsoft.Logic/workflows", azure.refusals[0][1])]

    with pytest.raises(Stopped) as stopped:
        carried_out(azure, planned(azure))

    text = str(stopped.value)
    done, rest = text.split("not tried:")
    assert text.startswith("stopped at create Logic App lockstep-test-finance: no")
    assert "  create variable lockstep-test-mapping" in done
    assert "  create custom extension Engineering" in rest
    assert "run the same command again" in rest
    assert len(azure.writes) == 5


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
