"""The managed identity endpoint that an Automation job finds in IDENTITY_ENDPOINT.

It speaks the App Service protocol (`api-version=2019-08-01`, header `X-IDENTITY-HEADER`), as Automation does.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence

from provision.sandbox.login import resource_of
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import TokenAuthority

LIFETIME = 3600


class ManagedIdentity:
    """The endpoint a job on a hybrid worker asks for tokens: always the Automation account's own identity."""

    PATH = "/automation/sandboxes/{job}/metadata/identity/oauth2/token"

    def __init__(
        self, authority: TokenAuthority, principals: Principals, object_id: str, resource: Callable[[], str]
    ) -> None:
        """`object_id` is the identity's, `resource` tells the account's resource id."""
        self._authority = authority
        self._principals = principals
        self._object_id = object_id
        self._resource = resource
        self._lock = threading.Lock()
        self._headers: dict[str, str] = {}

    def admit(self, job: str) -> tuple[str, str]:
        """Path and secret header of a job that starts; both hold until `dismiss`."""
        with self._lock:
            self._headers[job.lower()] = secrets.token_hex(16)
            return self.PATH.replace("{job}", job), self._headers[job.lower()]

    def dismiss(self, job: str) -> None:
        """The job has ended: its header opens nothing any more."""
        with self._lock:
            self._headers.pop(job.lower(), None)

    def routes(self) -> Sequence[Route]:
        """The one endpoint."""
        return (Route("GET", self.PATH, self._token),)

    def refuse(self, refusal: Refusal) -> Answer:
        """The error shape of the App Service endpoint."""
        return Answer(refusal.status, {"statusCode": refusal.status, "message": f"{refusal.code}: {refusal.message}"})

    def _token(self, call: Call) -> Answer:
        with self._lock:
            expected = self._headers.get(call.arguments["job"].lower())
        given = call.headers.get("x-identity-header", "")
        if expected is None or not secrets.compare_digest(given.encode(), expected.encode()):
            raise Refusal(401, "Unauthorized", "X-IDENTITY-HEADER is missing or not the one of this job.")
        if call.headers.get("metadata", "").lower() != "true":
            raise Refusal(400, "BadRequest", "The header 'Metadata: true' is missing.")
        if other := sorted({"client_id", "mi_res_id", "object_id", "principal_id"} & set(call.query)):
            raise Refusal(400, "BadRequest", f"A hybrid worker has only the system-assigned identity: no {other[0]}.")
        principal = self._principals.get(self._object_id)
        if principal is None:
            raise Refusal(400, "BadRequest", "The Automation account has no managed identity.")
        resource = resource_of(f"{call.query.get('resource', '')}/.default")
        body = {
            "access_token": self._authority.issue(principal, resource, LIFETIME, self._resource()),
            "expires_on": str(int(time.time()) + LIFETIME),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": principal.app_id,
        }
        return Answer(200, body)
