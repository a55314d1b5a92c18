"""Hand-written stand-ins for the services and the terminal, with the interfaces that the pipeline asks for."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from provision.errors import ServiceRefusal
from provision.resource import (
    ArmCollection,
    ArmTarget,
    ContentTarget,
    GraphCollection,
    GraphTarget,
    Json,
    Request,
    Target,
    WorkflowTarget,
)
from provision.upcoming import dated
from tests.fake_lifecycle import InMemoryLifecycle

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity"
ACCOUNT = f"{GROUP}/providers/Microsoft.Automation/automationAccounts/aa-identity"
WORKFLOWS = f"{GROUP}/providers/Microsoft.Logic/workflows"
ASSIGNMENTS = f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments"
ACCOUNT_PRINCIPAL = "55555555-5555-4555-8555-555555555556"
FOREIGN = "99999999-9999-4999-8999-999999999901"
_TYPE = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"


class Killed(BaseException):
    """The process died here."""


class InMemoryAzure:
    """A Reader and a Writer over one small tenant, which keeps what the real services would keep.

    `writes` holds every request that was made. `refusals` are raised, first one first, by writes whose verb and target
    contain their text. After `dies_after` writes the next one kills: before it is made, or after it with `loses`.
    """

    def __init__(self) -> None:
        self.arm: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, str] = {}
        self.catalogs: dict[str, dict[str, Any]] = {}
        self.packages: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        self.extensions: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, dict[str, Any]] = {}
        self.writes: list[Request] = []
        self.refusals: list[tuple[str, ServiceRefusal]] = []
        self.replication = 0
        """How many writes about a new principal are refused because it is not known yet."""
        self.dies_after: int | None = None
        self.loses = False
        self.lifecycle = InMemoryLifecycle()
        self.unknown_applications = 0
        """How many reads do not tell the application id of a Logic App's identity yet."""
        self._principals: dict[str, int] = {ACCOUNT_PRINCIPAL: 0}
        self._populate()

    # What a Reader does

    def read(self, target: Target) -> Json:
        """See `provision.listed_catalogs.Reader`."""
        if isinstance(target, ContentTarget):
            text = self.contents.get(target.id.lower())
            return None if text is None else {"content": text}
        if isinstance(target, ArmCollection):
            prefix = f"{target.id}/".lower()
            below = {key: value for key, value in self.arm.items() if key.startswith(prefix)}
            return [copy.deepcopy(value) for key, value in below.items() if "/" not in key.removeprefix(prefix)]
        if isinstance(target, GraphCollection):
            return copy.deepcopy(self._collection(target))
        if isinstance(target, GraphTarget):
            return copy.deepcopy(self._object(target))
        found = copy.deepcopy(self.arm.get(target.id.lower()))
        if found is not None and isinstance(target, WorkflowTarget) and target.application:
            self.unknown_applications -= 1
            principal = found.get("identity", {}).get("principalId")
            known = principal and self.unknown_applications < 0
            found["applicationId"] = guid(f"application of {principal}") if known else None
        if found is not None and isinstance(target, WorkflowTarget):
            found["triggerUrl"] = (
                f"https://prod-1.logic.example:443/workflows/{found['name']}/triggers/manual/paths/invoke"
            )
        return found

    def _collection(self, target: GraphCollection) -> list[Any]:
        if target.noun in self.lifecycle.NOUNS:
            return self.lifecycle.collection(target)
        if target.noun == "extensions":
            return [item for item in self.extensions.values() if item["catalog"] == target.keys[0]]
        every = {
            "catalogs": self.catalogs,
            "packages": self.packages,
            "policies": self.policies,
            "catalog roles": self.roles,
        }[target.noun]
        rows = [self._expanded(item) if target.noun == "policies" else item for item in every.values()]
        if not target.filter:
            return rows
        match = re.fullmatch(r"([\w/]+) eq '(.*)'", target.filter)
        assert match, target.filter
        path, wanted = match[1].split("/"), match[2].replace("''", "'")
        return [row for row in rows if _dig(row, path) == wanted]

    def _object(self, target: GraphTarget) -> Any:
        if target.noun in self.lifecycle.NOUNS:
            return self.lifecycle.object(target)
        every = {"catalog": self.catalogs, "extension": self.extensions, "catalog role": self.roles}
        if target.noun == "policy":
            found = self.policies.get(target.keys[0])
            return found and {k: v for k, v in self._expanded(found).items() if k != "catalog"}
        return every[target.noun].get(target.keys[-1])

    def _expanded(self, policy: dict[str, Any]) -> dict[str, Any]:
        settings = [
            {**setting, "customExtension": self.extensions[setting["customExtension"]["id"]]}
            for setting in policy["customExtensionStageSettings"]
        ]
        return {**policy, "customExtensionStageSettings": settings}

    # What a Writer does

    def send(self, request: Request, tell: Callable[[str], None]) -> Json:
        """See `provision.apply.Writer`."""
        tell("sending")
        self._refuse(request)
        dying = self.dies_after is not None and len(self.writes) >= self.dies_after
        if dying and not self.loses:
            raise Killed
        self.writes.append(copy.deepcopy(request))
        answer = self._made(request)
        if dying:
            raise Killed
        return copy.deepcopy(answer)

    def _refuse(self, request: Request) -> None:
        words = f"{request.verb} {request.target}"
        for place, (text, refusal) in enumerate(self.refusals):
            if text in words:
                del self.refusals[place]
                raise refusal

    def _made(self, request: Request) -> Any:
        target, body = request.target, copy.deepcopy(dated(request.body, NOW))
        if request.replaces:
            self._arm_written("delete", request.replaces.id, None)
        if isinstance(target, ContentTarget):
            self.contents[target.id.lower()] = body
            self.arm[target.id.lower()]["properties"]["state"] = "Published"
            return {"state": "Published", "content": body.replace("\n", "\r\n")}
        if isinstance(target, ArmTarget | WorkflowTarget):
            return self._arm_written(request.verb, target.id, body)
        assert isinstance(target, GraphTarget | GraphCollection)
        if target.noun in self.lifecycle.NOUNS:
            return self.lifecycle.written(request.verb, target, body)
        return self._graph_written(request.verb, target, body)

    def _arm_written(self, verb: str, identifier: str, body: Any) -> Any:
        key = identifier.lower()
        if verb == "delete":
            gone = self.arm.pop(key, None)
            self.contents.pop(key, None)
            for tie in [tie for tie, found in self.arm.items() if gone and _is_tied(tie, found, gone)]:
                del self.arm[tie]
            if gone and "identity" in gone:
                self._principals.pop(gone["identity"]["principalId"], None)
            return None
        if verb == "patch":
            self.arm[key] |= {"tags": body["tags"]} if "tags" in body else {}
            self.arm[key]["properties"] |= body["properties"]
            return self.arm[key]
        if "roleassignments" in key:
            self._check_principal(body["properties"]["principalId"], "PrincipalNotFound", 400)
            body["properties"]["scope"] = ACCOUNT
        made = {**body, "id": identifier, "name": identifier.rsplit("/", 1)[1]}
        if "/runbooks/" in key:
            made["properties"] = {**{k: v for k, v in body["properties"].items() if k != "draft"}, "state": "New"}
        if "/schedules/" in key:
            switched = self.arm.get(key, {}).get("properties", {}).get("isEnabled", True)
            made["properties"] = {**body["properties"], "isEnabled": switched}
        if "/jobschedules/" in key and any(_is_same_tie(tie, found, made) for tie, found in self.arm.items()):
            same = key in self.arm
            words = "A jobSchedule with same id" if same else "A job schedule for the specified runbook and schedule"
            raise ServiceRefusal(f"{words} already exists.", 409, "Conflict")
        if "/workflows/" in key:
            principal = str(uuid.uuid5(uuid.NAMESPACE_URL, key))
            made["identity"] = {"type": "SystemAssigned", "principalId": principal}
            self._principals.setdefault(principal, self.replication)
        self.arm[key] = made
        return made

    def _graph_written(self, verb: str, target: GraphTarget | GraphCollection, body: Any) -> Any:
        if target.noun == "policy":
            old = self.policies[target.keys[0]]
            assert body["accessPackage"] == {"id": old["accessPackage"]["id"]}
            assert not {"catalog", "createdDateTime", "modifiedDateTime", "@odata.context"} & body.keys()
            body["customExtensionStageSettings"] = [self._setting(s) for s in body["customExtensionStageSettings"]]
            kept = ("@odata.context", "createdDateTime", "modifiedDateTime", "catalog", "accessPackage")
            self.policies[target.keys[0]] = {**body, **{key: old[key] for key in kept}}
            return {key: value for key, value in body.items() if key != "customExtensionStageSettings"}
        every = self.roles if "role" in target.noun else self.extensions
        if verb == "delete":
            if any(self._uses(policy, target.keys[-1]) for policy in self.policies.values()):
                raise ServiceRefusal("the extension is in use", 400, "CustomExtensionInUse")
            every.pop(target.keys[-1], None)
            return None
        if target.noun == "catalog roles":
            self._check_principal(body["principalId"], "ResourceNotFound", 404)
            if any({**body, "id": row["id"]} == row for row in every.values()):
                raise ServiceRefusal("A role assignment with these properties already exists.", 400, "Conflict")
        identifier = target.keys[-1] if verb == "put" else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{target} {body}"))
        catalog = {"catalog": target.keys[0]} if "extension" in target.noun else {}
        every[identifier] = {**every.get(identifier, {}), **catalog, **body, "id": identifier}
        return every[identifier]

    def _setting(self, given: dict[str, Any]) -> dict[str, Any]:
        extension = given["customExtension"]["id"]
        assert extension in self.extensions
        return {
            "id": given.get("id", f"{extension} {given['stage']}"),
            "stage": given["stage"],
            "customExtension": {"id": extension},
        }

    @staticmethod
    def _uses(policy: dict[str, Any], extension: str) -> bool:
        return any(s["customExtension"]["id"] == extension for s in policy["customExtensionStageSettings"])

    def _check_principal(self, principal: str, code: str, status: int) -> None:
        left = self._principals.get(principal)
        if left is None or left > 0:
            self._principals[principal] = (left or 1) - 1
            raise ServiceRefusal(f"Principal {principal} does not exist in the directory.", status, code)

    # What is there from the start

    def _populate(self) -> None:
        identity = {"type": "SystemAssigned", "principalId": ACCOUNT_PRINCIPAL}
        self.put_arm(ACCOUNT, location="West Europe", identity=identity)
        group = f"{ACCOUNT}/hybridRunbookWorkerGroups/onprem-workers"
        self.put_arm(group)
        self.put_arm(
            f"{group}/hybridRunbookWorkers/one", properties={"lastSeenDateTime": "2026-01-01T11:55:00.1234567Z"}
        )
        self.add_catalog("c1", "Finance", {"p1": "Analyst", "p2": "Manager"})
        self.add_catalog("c2", "Engineering", {"p3": "Engineer"})
        foreign = {
            "id": FOREIGN,
            "catalog": guid("c1"),
            "@odata.type": _TYPE,
            "displayName": "Mail",
            "description": "x",
        }
        self.extensions[FOREIGN] = foreign
        setting = {"id": "s1", "stage": "assignmentRequestGranted", "customExtension": {"id": FOREIGN}}
        self.policies[guid("q-p1")]["customExtensionStageSettings"] = [setting]

    def put_arm(self, identifier: str, **members: Any) -> None:
        """A resource that is there without having been written."""
        answer = {"id": identifier, "name": identifier.rsplit("/", 1)[1], **members}
        self.arm[identifier.lower()] = copy.deepcopy(answer)

    def add_catalog(self, key: str, name: str, packages: dict[str, str]) -> None:
        """A catalog with access packages, each with one policy; ids are `guid(key)`, policies `guid("q-" + key)`."""
        catalog = {"id": guid(key), "displayName": name}
        self.catalogs[guid(key)] = catalog
        for package, title in packages.items():
            self.packages[guid(package)] = {"id": guid(package), "displayName": title, "catalog": catalog}
            self.policies[guid(f"q-{package}")] = {
                "@odata.context": "https://graph.example/$metadata",
                "id": guid(f"q-{package}"),
                "displayName": f"{title} for members",
                "createdDateTime": "2025-01-01T00:00:00Z",
                "modifiedDateTime": "2025-01-01T00:00:00Z",
                "automaticRequestSettings": None,
                "somethingNew": {"kept": [1, None]},
                "questions": [{"id": "why", "text": "Why?"}],
                "accessPackage": {"id": guid(package), "displayName": title},
                "catalog": catalog,
                "customExtensionStageSettings": [],
            }

    def state(self) -> dict[str, Any]:
        """Everything there is, to compare two histories."""
        every = (
            self.arm,
            self.contents,
            self.policies,
            self.extensions,
            self.roles,
            self.lifecycle.extensions,
            self.lifecycle.workflows,
        )
        return {str(number): copy.deepcopy(part) for number, part in enumerate(every)}


class Listener:
    """Hears what a command says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.titles: list[str] = []

    def say(self, text: str) -> None:
        """One line."""
        self.said.append(text)

    @contextmanager
    def activity(self, title: str) -> Iterator[Callable[[str], None]]:
        """While one thing is done, perhaps beside others."""
        self.titles.append(title)
        yield self.said.append

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[str], None]]:
        """While one thing is done."""
        self.said.append(title)
        yield self.said.append


def guid(key: str) -> str:
    """A GUID that can be told in a test by a short name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://lockstep.example/{key}"))


def _is_tied(key: str, found: dict[str, Any], gone: dict[str, Any]) -> bool:
    """Whether it is a job schedule of the schedule or runbook that is gone."""
    kind = gone["id"].split("/")[-2]
    tied = {"schedules": "schedule", "runbooks": "runbook"}.get(kind, "")
    return "/jobschedules/" in key and bool(tied) and found["properties"][tied]["name"] == gone["name"]


def _is_same_tie(key: str, found: dict[str, Any], made: dict[str, Any]) -> bool:
    ends = ("schedule", "runbook")
    return "/jobschedules/" in key and all(found["properties"][end] == made["properties"][end] for end in ends)


def _dig(row: Any, path: list[str]) -> Any:
    for step in path:
        row = row[step]
    return row
