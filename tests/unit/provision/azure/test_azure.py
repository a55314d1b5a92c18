from __future__ import annotations

from typing import Any

import pytest

from provision.azure import Azure
from provision.azure.arm import Arm
from provision.azure.graph import Graph
from provision.cloud import PUBLIC
from provision.errors import ServiceRefusal
from provision.resource import WorkflowTarget
from tests.fakes import WORKFLOWS
from tests.unit.provision.azure.wires import Answer, Exchanges, Requests, SignedIn

APP = f"{WORKFLOWS}/la"
THERE = {"id": APP, "name": "la", "identity": {"type": "SystemAssigned", "principalId": "p-1"}}
TRIGGER = {"value": "https://x.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=S"}
NOT_FOUND = {"error": {"code": "Request_ResourceNotFound", "message": "gone"}}


class Deployer(SignedIn):
    """A credential that can be closed."""

    def close(self) -> None:
        """Nothing is open."""


def read(arm: list[Answer], graph: list[Answer], *, application: bool = True) -> tuple[Any, list[str]]:
    """What is read of a Logic App when the services say this, and what Graph was asked."""
    wire = Exchanges(*graph)
    signed_in: Any = Deployer()
    resource_manager = Arm(PUBLIC, "s", signed_in, transport=Requests(*arm).transport(), retry_total=0)
    with Azure(resource_manager, Graph(PUBLIC, signed_in, wire), signed_in) as azure:
        found = azure.read(WorkflowTarget(APP, application=application))
    return found, [seen[1] for seen in wire.seen]


def test_a_logic_app_is_read_with_the_application_id_of_its_identity() -> None:
    found, asked = read([Answer(200, THERE), Answer(200, TRIGGER)], [Answer(200, {"id": "p-1", "appId": "a-1"})])

    assert found["applicationId"] == "a-1"
    assert "sig" not in found["triggerUrl"]
    assert asked == ["https://graph.microsoft.com/v1.0/servicePrincipals/p-1"]


@pytest.mark.parametrize(("status", "body"), [(404, NOT_FOUND), (200, {"id": "p-1", "appId": None})])
def test_an_identity_that_graph_does_not_know_yet_has_none(status: int, body: Any) -> None:
    found, _ = read([Answer(200, THERE), Answer(200, TRIGGER)], [Answer(status, body)])

    assert found["applicationId"] is None


@pytest.mark.parametrize("identity", [None, {}, {"type": "None"}])
def test_without_an_identity_graph_is_not_asked(identity: Any) -> None:
    found, asked = read([Answer(200, {**THERE, "identity": identity}), Answer(200, TRIGGER)], [])

    assert (found["applicationId"], asked) == (None, [])


def test_a_logic_app_that_is_not_there_and_one_of_a_catalog_ask_nothing() -> None:
    absent, asked = read([Answer(404, {"error": {"code": "ResourceNotFound", "message": "gone"}})], [])
    assert (absent, asked) == (None, [])

    found, asked = read([Answer(200, THERE), Answer(200, TRIGGER)], [], application=False)
    assert "applicationId" not in found
    assert asked == []


def test_a_refusal_names_the_permission() -> None:
    denied = Answer(403, {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}})

    with pytest.raises(ServiceRefusal, match=r"reading the service principal of Entra.*Application\.Read\.All"):
        read([Answer(200, THERE), Answer(200, TRIGGER)], [denied])
