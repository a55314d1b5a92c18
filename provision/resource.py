"""The nouns all stages share: a resource, its address, where it lives, and what is known only after apply.

Frozen data without behaviour. A target says *where* something is, never how to change it; what differs between
kinds of resource is in `provision/kinds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""What a service says or is told: the JSON types of Python."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A resource's name for people: its kind in our words, and its name.

    `catalog` is the id of the catalog it belongs to (or `LIFECYCLE`), empty for what serves the whole environment;
    `key` tells apart what may bear the same name in one catalog.
    """

    kind: str
    name: str
    catalog: str = ""
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that the service chooses: `path` inside its answer for `address`. Only apply resolves it."""

    address: Address
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"(known after apply: {'.'.join(self.path)} of {self.address})"


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next time that the clock of `zone` (IANA) shows `time` (HH:MM). Only the moment of sending tells the day."""

    time: str
    zone: str


@dataclass(frozen=True, slots=True)
class ArmTarget:
    """One resource of Resource Manager: its id and the api-version that it is written with."""

    id: str
    api_version: str


@dataclass(frozen=True, slots=True)
class ArmCollection:
    """All resources below `id`, every page; `filter` is a `$filter` of the service."""

    id: str
    api_version: str
    filter: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowTarget:
    """A Logic App. Reading it adds `triggerUrl`: the address of its trigger `manual`, without a signature.

    With `application`, also `applicationId`: the client id of its system-assigned identity, as Graph knows it.
    """

    id: str
    api_version: str = "2019-05-01"
    application: bool = False


@dataclass(frozen=True, slots=True)
class ContentTarget:
    """The content of a runbook (`id` is the runbook's). Reading gives the published text as `content`."""

    id: str
    api_version: str = "2024-10-23"


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """What a job has printed (`id` is the job's). Reading gives it as `text`."""

    id: str
    api_version: str = "2023-11-01"


@dataclass(frozen=True, slots=True)
class GraphTarget:
    """One object of Microsoft Graph v1.0: the request builder's name in `provision/azure/graph.py`, and its keys."""

    noun: str
    keys: tuple[str, ...] = ()
    expand: str = ""


@dataclass(frozen=True, slots=True)
class GraphCollection:
    """A collection of Microsoft Graph v1.0, every page."""

    noun: str
    keys: tuple[str, ...] = ()
    filter: str = ""
    expand: str = ""


AzureTarget: TypeAlias = ArmTarget | ArmCollection | WorkflowTarget | ContentTarget | OutputTarget
Target: TypeAlias = AzureTarget | GraphTarget | GraphCollection


@dataclass(frozen=True, slots=True)
class Request:
    """One write. `publish` sends a runbook's content as draft and publishes it; the others are the HTTP methods.

    `replaces` is deleted first, where a service takes no change and not both at once.
    """

    verb: Literal["put", "patch", "post", "delete", "publish"]
    target: Target
    body: Json = None
    replaces: ArmTarget | None = None


LIFECYCLE = "lifecycle-workflows"
"""Stands in `Address.catalog` for what serves Lifecycle Workflows, which know no catalogs."""


class Owner(Enum):
    """Whose a found resource is, and so what may happen to it."""

    OURS = "ours"
    KEPT = "kept"  # fits or is changed like ours, but is never deleted by itself
    FOREIGN = "not ours"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something as it should be, or as it was found.

    `body` has the same shape on both sides, so that plain equality decides; it may hold References on the desired
    side. `target` is where to look for it: the object itself, or the collection it will be created in. `answer` is
    what the service said about a found resource. `note` says what a desired resource is for, and what to do about a
    foreign one. `unadoptable` says why a foreign one can never become ours.
    `part` is what people call a key of the body, such as a stage, where that says more than the key alone.
    """

    address: Address
    target: Target
    body: Mapping[str, Json]
    note: str = ""
    owner: Owner = Owner.OURS
    answer: Mapping[str, Json] | None = None
    unadoptable: str = ""
    part: str = ""
