"""One stage of a request: every extension that the policy binds to it is called, and those that wait are waited for."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace

from provision.sandbox.clock import Clock
from provision.sandbox.graph.bodies import seconds_of
from provision.sandbox.graph.callout import Callouts, Occasion, waiting_time
from provision.sandbox.graph.callouts import (
    FAILED,
    SENT,
    TIMED_OUT,
    WAITING,
    CalloutInstance,
    callouts_of,
    record,
    waiting,
)
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Tenant

REQUEST = "accessPackageAssignmentRequest"
WAITING_STATUS = "WaitingForCallback"
REMOVED = "assignmentRequestRemoved"


def pass_status(tenant: Tenant, request: Entity, state: str, status: str) -> None:
    """Move a request to a state and status, and remember that it passed there."""
    with tenant.changed:
        now = tenant.require(REQUEST, request.id)
        if now.values["status"] != status:
            passed = (*now.values["passed"], status)
            tenant.update(now, {"state": state, "status": status, "passed": passed})


class Stages:
    """Calls and waits for the extensions of a stage."""

    def __init__(self, tenant: Tenant, callouts: Callouts, clock: Clock, settings: GraphSettings) -> None:
        self._tenant = tenant
        self._callouts = callouts
        self._clock = clock
        self._settings = settings

    def hold(self, request: Entity, stage: str) -> str:
        """Hold a request at a stage until it may go on; the status it fails with, empty when it may."""
        extensions = self._bound(request, stage)
        waits = any(waiting_time(extension.values) for extension in extensions)
        before = self._tenant.require(REQUEST, request.id).values
        if waits:
            pass_status(self._tenant, request, before["state"], WAITING_STATUS)
        self._await(request, dict(self._call(request, extension, stage) for extension in extensions))
        if waits:
            pass_status(self._tenant, request, before["state"], before["status"])
        return self._failure(request, stage)

    def _bound(self, request: Entity, stage: str) -> list[Entity]:
        policy = self._tenant.follow(self._tenant.follow(request, "assignment"), "assignmentPolicy")
        settings = self._tenant.linked_rows(policy, "customExtensionStageSettings")
        return [self._tenant.follow(row, "customExtension") for row in settings if row.values["stage"] == stage]

    def _call(self, request: Entity, extension: Entity, stage: str) -> tuple[str, float]:
        """Send one callout; its instance id and the moment (monotonic) at which its waiting time is over."""
        duration = waiting_time(extension.values)
        instance = str(uuid.uuid4())
        status = WAITING if duration else SENT
        name = str(extension.values["displayName"])
        callout = CalloutInstance(instance, stage, extension.id, name, status, waits=duration is not None)
        # The callback may come before the callout's own answer, so the instance must be known before it is sent.
        record(self._tenant, request, callout)
        delivery = self._callouts.send(extension.values, self._occasion(request, extension, stage, instance).payload())
        with self._tenant.changed:
            known = {found.instance: found for found in callouts_of(self._tenant.require(REQUEST, request.id))}
            now = replace(known[instance], run=delivery.run)
            if delivery.reason and now.status in {WAITING, SENT}:
                now = replace(now, status=FAILED, detail=delivery.reason)
            record(self._tenant, request, now)
        return instance, time.monotonic() + self._clock.scale(seconds_of(duration or "PT0S"))

    def _occasion(self, request: Entity, extension: Entity, stage: str, instance: str) -> Occasion:
        follow = self._tenant.follow
        now = self._tenant.require(REQUEST, request.id)
        assignment = follow(now, "assignment")
        package = follow(assignment, "accessPackage")
        return Occasion(
            request=now,
            assignment=assignment,
            policy=follow(assignment, "assignmentPolicy"),
            package=package,
            catalog=follow(package, "catalog"),
            subject=follow(assignment, "target"),
            extension=extension,
            stage=self._settings.removed_stage if stage == REMOVED else stage,
            instance=instance,
        )

    def _await(self, request: Entity, deadlines: Mapping[str, float]) -> None:
        with self._tenant.changed:
            while True:
                now = time.monotonic()
                missing = list(waiting(self._tenant.require(REQUEST, request.id)))
                overdue = [callout for callout in missing if deadlines[callout.instance] <= now]
                for callout in overdue:
                    record(self._tenant, request, replace(callout, status=TIMED_OUT))
                if len(overdue) == len(missing):
                    return
                left = min(deadlines[callout.instance] for callout in missing if callout not in overdue) - now
                self._tenant.changed.wait(left)

    def _failure(self, request: Entity, stage: str) -> str:
        now = self._tenant.require(REQUEST, request.id)
        if now.values.get("decision"):
            return str(now.values["decision"]).capitalize()
        ends = {callout.status for callout in callouts_of(now) if callout.stage == stage and callout.waits}
        if TIMED_OUT in ends:
            return "CallbackTimedOut"
        return "CalloutFailed" if FAILED in ends else ""
