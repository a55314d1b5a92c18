"""The real services. I/O: HTTPS to Entra, Resource Manager and Microsoft Graph, and nothing else in `provision`.

Only this package imports the SDKs, and only when they are used. It knows targets and requests, no kinds and no plan.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from provision import trust
from provision.azure import identity, service_date
from provision.azure.arm import Arm, Tell
from provision.azure.credential import Credential, SignIn, credential
from provision.azure.graph import Graph
from provision.cloud import CloudProfile
from provision.resource import ArmTarget, GraphCollection, GraphTarget, Json, Request, Target, WorkflowTarget


class Azure:
    """Resource Manager and Graph behind one Reader and Writer; a context manager that closes everything."""

    def __init__(self, arm: Arm, graph: Graph, signed_in: Credential) -> None:
        self._arm = arm
        self._graph = graph
        self._signed_in = signed_in

    def read(self, target: Target) -> Json:
        """See `provision.actual.Reader`."""
        if isinstance(target, GraphTarget | GraphCollection):
            return self._graph.read(target)
        answer = self._arm.read(target)
        if isinstance(target, WorkflowTarget) and target.application and answer is not None:
            return {**answer, "applicationId": self._application_id(answer)}
        return answer

    def _application_id(self, logic_app: Mapping[str, Json]) -> str | None:
        """The client id of a Logic App's identity; None while Graph does not know the identity."""
        principal = (logic_app.get("identity") or {}).get("principalId")
        found = self._graph.read(GraphTarget("service principal", (str(principal),))) if principal else None
        return str(found["appId"]) if found and found.get("appId") else None

    def send(self, request: Request, tell: Tell) -> Json:
        """See `provision.apply.Writer`."""
        if isinstance(request.target, GraphTarget | GraphCollection):
            return self._graph.send(request, request.target)
        return self._arm.send(request, request.target, tell)

    def claims(self, scope: str) -> Mapping[str, Json]:
        """See `provision.doctor.gathering.Services`."""
        return identity.claims(self._signed_in.get_token(scope).token)

    def date(self, target: ArmTarget) -> datetime:
        """See `provision.doctor.gathering.Services`."""
        return service_date.parsed(self._arm.date(target))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._graph.close()
        self._arm.close()
        self._signed_in.close()


def connect(cloud: CloudProfile, subscription: str, sign_in: SignIn) -> Azure:
    """The services of this cloud; the sign-in happens when the first of them is called.

    Raises:
        ProvisionError: the authorities to trust cannot be read.
    """
    trust.check(cloud.ca_file)
    for name in ("azure", "msal"):
        logging.getLogger(name).addHandler(logging.NullHandler())  # what they would print is in our own messages
    signed_in = credential(sign_in, cloud)
    return Azure(Arm(cloud, subscription, signed_in), Graph(cloud, signed_in), signed_in)
