"""Whether Entra still waits for the answer to a callout, and the answer itself, in the Logic App's place.

I/O: through the Reader and Writer it is given. Sources: Microsoft Graph v1.0, accessPackageAssignmentRequest: resume,
and taskProcessingResult: resume; the bodies are those of the Logic Apps' templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from provision.apply import Tell, Writer
from provision.environment import Environment
from provision.errors import ProvisionError, ServiceRefusal
from provision.listed_catalogs import Reader
from provision.resource import GraphCollection, GraphTarget, Json, Request
from provision.runs import record
from provision.runs.history import REQUEST_EXPAND
from provision.runs.replay import LIFECYCLE, Original

WAITING: Final = frozenset({"waitingforcallback", "calloutsent"})
OPEN_TASKS: Final = frozenset({"queued", "inprogress"})
_DETAIL_LENGTH: Final = 400


def waits(reader: Reader, original: Original) -> bool:
    """Whether Entra still waits for the answer to this very callout.

    Raises:
        ProvisionError: it waits for something, but says something else of it than the callout.
    """
    callout = original.callout
    if original.source == LIFECYCLE:
        return _task_waits(reader, callout)
    if not record.is_guid(str(callout["request"])):
        return False
    request = reader.read(GraphTarget("request", (str(callout["request"]),), expand=REQUEST_EXPAND))
    if request is None or _plain(request.get("status")) not in WAITING:
        return False
    run = original.run.id if original.run else None
    mine: list[bool] = []
    others: list[bool] = []
    for instance in request.get("customExtensionCalloutInstances") or ():
        own = _same(instance.get("id"), callout["stage_instance"]) or _same(instance.get("externalCorrelationId"), run)
        (mine if own else others).append(_plain(instance.get("status")) in WAITING)
    if not (all(mine) if mine else not any(others)):
        return False
    _refuse_contradiction(request, original)
    return True


def answer(original: Original, environment: Environment, detail: str, writer: Writer, tell: Tell) -> None:
    """Tells Entra that the callout is done.

    Raises:
        ProvisionError: Entra did not take it, or it is not known; the groups are right in either case.
    """
    tell("answering Entra")
    try:
        writer.send(_resume(original, environment, detail), tell)
    except ServiceRefusal as refusal:
        raise ProvisionError(_untaken(refusal, original)) from refusal
    except ProvisionError as error:
        raise ProvisionError(
            f"the groups are as the callout asked; whether Entra got the answer is not known: {error} Run the same "
            "command again."
        ) from error


def _refuse_contradiction(request: Mapping[str, Json], original: Original) -> None:
    """The callout is what a job was told, and jobs can be started by hand: Entra's request must say the same.

    Without its assignment a late callout would also touch one that the person was given since.
    """
    assignment, callout = request.get("assignment") or {}, original.callout
    said = {
        "user": (assignment.get("target") or {}).get("objectId"),
        "access_package": (request.get("accessPackage") or {}).get("id"),
        "assignment": assignment.get("id"),
    }
    wrong = [key.replace("_", " ") for key, value in said.items() if not _same(value, callout[key])]
    if wrong:
        raise ProvisionError(
            f"{original.said}. Entra waits for request {callout['request']}, but its {' and '.join(wrong)} is not the "
            f"callout's, so it is not repeated. Run `lockstep reconcile --user {callout['user']}`: then the groups are "
            "what Entra says now, and Entra is told nothing."
        )


def _task_waits(reader: Reader, callout: Mapping[str, Json]) -> bool:
    keys = (str(callout["workflow"]), str(callout["task"]))
    if not all(record.is_guid(key) for key in (*keys, str(callout["task_result"]))):
        return False
    results = reader.read(GraphCollection("task results", keys)) or ()
    mine = [result for result in results if _same(result.get("id"), callout["task_result"])]
    return any(
        _plain(result.get("processingStatus")) in OPEN_TASKS and _is_about(result, callout["user"]) for result in mine
    )


def _is_about(result: Mapping[str, Json], user: Json) -> bool:
    """Graph may leave out whose result it is; when it says so, it is the callout's person."""
    subject = (result.get("subject") or {}).get("id")
    return not subject or _same(subject, user)


def _resume(original: Original, environment: Environment, detail: str) -> Request:
    callout, source = original.callout, f"Lockstep {environment.name}"
    if original.source == LIFECYCLE:
        keys = (str(callout["workflow"]), str(callout["task"]), str(callout["task_result"]))
        body = {"source": source, "type": "lifecycleEvent", "data": {"operationStatus": "Completed"}}
        return Request("post", GraphTarget("task resume", keys), body)
    data = {
        "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
        "stage": callout["stage"],
        "customExtensionStageInstanceId": callout["stage_instance"],
        "customExtensionStageInstanceDetail": detail[:_DETAIL_LENGTH],
    }
    kind = f"microsoft.graph.accessPackageCustomExtensionStage.{callout['stage']}"
    target = GraphTarget("request resume", (str(callout["request"]),))
    return Request("post", target, {"source": source, "type": kind, "data": data})


def _untaken(refusal: ServiceRefusal, original: Original) -> str:
    if refusal.status == 403:
        wanted = "LifecycleWorkflows" if original.source == LIFECYCLE else "EntitlementManagement"
        return (
            f"the groups are right, but Entra still waits: {refusal} Whoever runs lockstep needs the application "
            f"permission {wanted}.ReadWrite.All; give it, sign in again, and run the same command."
        )
    return (
        f"the groups are as the callout asked, but Entra did not take the answer: {refusal} If it has stopped waiting "
        f"meanwhile, run `lockstep reconcile --user {original.callout['user']}`: then the groups are what it says now."
    )


def _plain(word: Json) -> str:
    """A status without case, blanks and underscores, which differ between Graph's versions."""
    return re.sub(r"[^a-z]", "", str(word or "").lower())


def _same(one: Json, other: Json) -> bool:
    return bool(one) and str(one).lower() == str(other).lower()
