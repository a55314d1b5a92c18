"""What the environment asks for once its names are resolved: every input of the desired state, frozen. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provision.environment import Environment
from provision.resource import Json


@dataclass(frozen=True, slots=True)
class PolicyBlueprint:
    """An assignment policy of a mapped access package; `name` says for people which one it is."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CatalogBlueprint:
    """One listed catalog: its Logic App's name and content, and the policies to bind its custom extension to."""

    id: str
    name: str
    logic_app: str
    definition: Mapping[str, Json]
    parameters: Mapping[str, Json]
    policies: tuple[PolicyBlueprint, ...]


@dataclass(frozen=True, slots=True)
class LifecycleBlueprint:
    """What serves Lifecycle Workflows: its Logic App, and the workflows that get the task, as id -> display name."""

    logic_app: str
    definition: Mapping[str, Json]
    parameters: Mapping[str, Json]
    workflows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The whole environment. `script` is the one-file runbook, `mapping` its mapping's text when a variable carries it.

    `principal` is the object id of the Automation account's identity, `location` the account's own. `lifecycle` is
    None when the environment leaves Lifecycle Workflows alone. `pins` are the GUIDs that the lock file gives names.
    """

    environment: Environment
    location: str
    principal: str
    script: str
    mapping: str | None
    catalogs: tuple[CatalogBlueprint, ...]
    lifecycle: LifecycleBlueprint | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
