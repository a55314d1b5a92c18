"""Microsoft Graph as Lockstep meets it: entitlement management, Lifecycle Workflows, users, the life of requests.

The emulation is held to Microsoft's metadata in both directions. What the sandbox does not play is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provision.sandbox.clock import Clock
from provision.sandbox.graph import answers
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.app_role_assignments import AppRoleAssignments
from provision.sandbox.graph.assignments import Assignments
from provision.sandbox.graph.callout import Callouts, Sender
from provision.sandbox.graph.catalogs import Catalogs
from provision.sandbox.graph.extensions import Extensions
from provision.sandbox.graph.lifecycle import Lifecycle
from provision.sandbox.graph.lifecycle_workflows.entity_types import WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.service import LifecycleWorkflows
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.policies import Policies
from provision.sandbox.graph.requests import Requests
from provision.sandbox.graph.resume import Resume
from provision.sandbox.graph.roles import Roles
from provision.sandbox.graph.seed import SidSource, populate, subject_of
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.silent_assignments import SilentAssignments
from provision.sandbox.graph.stages import REQUEST, Stages
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.graph.users import ServicePrincipals, Users
from provision.sandbox.principals import Principals
from provision.sandbox.seed import CATALOGS, SeedCatalog
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import TokenAuthority


class Entitlement:
    """The Graph service of the sandbox, and the requester who asks for access packages.

    `settings` may be changed at any time; `tenant` is what Graph holds.
    """

    def __init__(
        self,
        authority: TokenAuthority,
        principals: Principals,
        clock: Clock,
        outside: Sender,
        directory: SidSource,
    ) -> None:
        self.settings = GraphSettings()
        self.tenant = Tenant()
        self._directory = directory
        self.catalogs: Sequence[SeedCatalog] = CATALOGS
        """What `seed` puts in."""
        gate, answers = Gate(authority, self.tenant), Answers(self.tenant, self.settings)
        callouts = Callouts(authority, outside, self.settings)
        stages = Stages(self.tenant, callouts, clock, self.settings)
        self._lifecycle = Lifecycle(self.tenant, stages, self.settings)
        self._silent = SilentAssignments(self.tenant, self._lifecycle)
        self._workflows = LifecycleWorkflows(
            self.tenant, gate, answers, authority=authority, clock=clock, outside=outside, settings=self.settings
        )
        self._parts = (
            Catalogs(self.tenant, gate, answers),
            Extensions(self.tenant, gate, answers, callouts, self.settings),
            Policies(self.tenant, gate, answers),
            Assignments(self.tenant, gate, answers),
            Requests(self.tenant, gate, answers, self._lifecycle),
            Resume(self.tenant, gate, self.settings),
            Roles(self.tenant, gate, answers, principals, self.settings),
            Users(self.tenant, gate, answers),
            ServicePrincipals(principals, gate, answers),
            self._workflows,
            AppRoleAssignments(principals, gate, answers),
        )

    def seed(self) -> None:
        """Fill the empty tenant; the directory must be running, as synchronised users have its SIDs."""
        populate(self.tenant, self._directory, self.catalogs)
        self._workflows.seed()

    def reset(self) -> None:
        """Back to the seed; requests that are under way end."""
        with self.tenant.changed:
            self.tenant.clear()
            self.seed()

    def routes(self) -> Sequence[Route]:
        """All of Graph that is emulated."""
        return (*(route for part in self._parts for route in part.routes()), Route("POST", "/v1.0/$batch", _batch))

    def refuse(self, refusal: Refusal) -> Answer:
        """Graph's error shape."""
        return answers.error(refusal)

    def grant(self, user: str, package: str) -> dict[str, Any]:
        """Give a user an access package and wait until the request has ended.

        `user` is an object id, user principal name or account; `package` an id or display name. The answer holds the
        request (`request`, `type`, `state`, `status`, the statuses it `passed`), `user`, `package`, `catalog`,
        `assignment`, and `callouts`, each with `stage`, `name` of the extension, `status`, `detail` (what the callback
        said, or why the callout failed) and `run` (the Logic App's run).

        Raises:
            Refusal: 404 for an unknown user or package, 400 when the user has the package already.
        """
        subject, wanted = self._subject(user), self._package(package)
        return self._carry(self._lifecycle.submit_add(subject, wanted, self._policy(wanted)))

    def remove(self, user: str, package: str) -> dict[str, Any]:
        """Take an access package from a user and wait until the request has ended; answers like `grant`.

        Raises:
            Refusal: 404 for an unknown user or package, or when the user does not have the package.
        """
        return self._carry(self._lifecycle.submit_remove(self._assignment(user, package)))

    def assign_silently(self, user: str, package: str) -> dict[str, Any]:
        """Give a user an access package without a request or callout; answers `assignment`, `user`, `package`.

        Raises:
            Refusal: 404 for an unknown user or package, 400 when the user has the package already.
        """
        subject, wanted = self._subject(user), self._package(package)
        return self._silent.told(self._silent.assign(subject, wanted, self._policy(wanted)))

    def end_silently(self, user: str, package: str) -> dict[str, Any]:
        """Take an access package from a user without a request or callout; answers as `assign_silently`.

        Raises:
            Refusal: 404 for an unknown user or package, or when the user does not have the package.
        """
        return self._silent.told(self._silent.end(self._assignment(user, package)))

    def activate(self, workflow: str, user: str) -> dict[str, Any]:
        """Run a lifecycle workflow (id or display name) on demand for a user and wait until its tasks have ended.

        The answer holds `activation`, `workflow`, `version`, `user`, `status`, and `tasks`, each with `name`,
        `sequence`, `status`, `failure` (why it failed), `instance` (its processing result) and `run` (the Logic App's).

        Raises:
            Refusal: 404 for an unknown workflow or user, 400 for a workflow that is disabled.
        """
        subject = self.tenant.require("user", str(self._subject(user).values["objectId"]))
        return self._workflows.activation.run(workflow, subject)

    def workflows(self) -> list[str]:
        """The display names of the lifecycle workflows that are not deleted."""
        rows = self.tenant.rows(WORKFLOW)
        return [str(row.values["displayName"]) for row in rows if not row.values["deletedDateTime"]]

    def activations(self) -> list[dict[str, Any]]:
        """Every run of a lifecycle workflow, newest first, each as `activate` answers it."""
        return self._workflows.activation.all()

    def requests(self) -> list[dict[str, Any]]:
        """Every request, newest first, each as `grant` answers it."""
        return [self._lifecycle.told(row) for row in reversed(self.tenant.rows(REQUEST))]

    def _carry(self, request: Entity) -> dict[str, Any]:
        return self._lifecycle.told(self._lifecycle.run(request))

    def _policy(self, package: Entity) -> Entity:
        policy = next(iter(self.tenant.linked_rows(package, "assignmentPolicies")), None)
        if policy is None:
            message = f"The access package '{package.values['displayName']}' has no assignment policy."
            raise Refusal(400, "NoPolicy", message)
        return policy

    def _assignment(self, user: str, package: str) -> Entity:
        subject, wanted = self._subject(user), self._package(package)
        assignment = self._lifecycle.live_assignment(subject, wanted)
        if assignment is None:
            who, what = subject.values["displayName"], wanted.values["displayName"]
            raise Refusal(404, "NoAssignment", f"{who} does not have the access package '{what}'.")
        return assignment

    def _subject(self, user: str) -> Entity:
        wanted = user.lower()
        for row in self.tenant.rows("user"):
            if wanted in {row.id.lower(), row.values["userPrincipalName"].lower(), row.values["account"].lower()}:
                return self.tenant.require("accessPackageSubject", subject_of(row.id))
        names = ", ".join(row.values["account"] for row in self.tenant.rows("user"))
        raise Refusal(404, "Request_ResourceNotFound", f"There is no user '{user}' in the sandbox; there are {names}.")

    def _package(self, package: str) -> Entity:
        wanted = package.lower()
        for row in self.tenant.rows("accessPackage"):
            if wanted in {row.id.lower(), row.values["displayName"].lower()}:
                return row
        names = ", ".join(f"'{row.values['displayName']}'" for row in self.tenant.rows("accessPackage"))
        message = f"There is no access package '{package}' in the sandbox; there are {names}."
        raise Refusal(404, "ResourceNotFound", message)


def _batch(call: Call) -> Answer:
    raise Refusal(501, "NotImplemented", f"The sandbox does not play {call.path}; send the requests one by one.")
