"""What the runbook runs: the one-file bundle, drafted, published and read back.

Source: Azure Automation REST API 2024-10-23, runbook draft and publish. The service may change line endings, a byte
order mark and the final newline; anything else that comes back differently is not our runbook.
"""

from __future__ import annotations

from collections.abc import Iterable

from provision.blueprint import Blueprint
from provision.change import Change
from provision.inventory import Inventory
from provision.kinds import runbook
from provision.kinds.kind import failed as verdict
from provision.naming import account_id
from provision.resource import Address, ContentTarget, Json, Owner, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "runbook content"


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """The bundle, published."""
    name = blueprint.environment.automation.runbook
    target = ContentTarget(f"{account_id(blueprint.environment)}/runbooks/{name}")
    yield Resource(Address(KIND, name), target, {"content": normalised(blueprint.script)}, "is what the job runs")


def found(inventory: Inventory) -> Iterable[Resource]:
    """The published content of our runbooks, and of one that could become ours. It goes with its runbook only."""
    for parent in runbook.found(inventory):
        content = inventory.contents.get(str((parent.answer or {}).get("name")))
        if content is not None:
            target = ContentTarget(f"{account_id(inventory.environment)}/runbooks/{parent.address.name}")
            body = {"content": normalised(content)}
            yield Resource(Address(KIND, parent.address.name), target, body, owner=Owner.KEPT)


def request(change: Change, current: Json) -> Request | None:
    """Draft, publish, read back."""
    wanted = change.resource.body["content"]
    if current is not None and normalised(current["content"]) == wanted:
        return None
    return Request("publish", change.resource.target, wanted)


def doubt(change: Change, answer: Json) -> str:
    """The service must say that the runbook is published, and give back what it was given."""
    if answer["state"] != "Published":
        return f"its state is {answer['state']}, not Published"
    if normalised(answer["content"]) != change.resource.body["content"]:
        return "the service holds other content than was sent"
    return ""


def normalised(script: str) -> str:
    """The text without what the service may change: LF, no byte order mark, one final newline."""
    return script.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
