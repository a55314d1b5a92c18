"""The environment file -> a frozen `Environment`, or every problem at once with file, line, column and remedy.

    finding     which file -> its text                          reads that file
    document    YAML or JSON text -> values with their places   pure
    model       values -> Environment, by its sections          pure, but for `load`
    relations   what two sections say about each other          pure
    problems    what the model refuses -> messages              pure
    schema      the model -> JSON Schema for editors            pure

The sections are in callout, cloud_choice, deployment, directory, lifecycle and mapping; what
callout and lifecycle share is in waiting.
"""

from __future__ import annotations

from provision.environment.callout import Callout
from provision.environment.deployment import Automation, Catalog, Credential
from provision.environment.directory import Directory, KerberosBind, Safety, Secret, Server, SimpleBind
from provision.environment.lifecycle import LifecycleWorkflow, LifecycleWorkflows
from provision.environment.mapping import EnvironmentMapping, GitHubMapping, KeyVaultSecret, WorkerMapping
from provision.environment.model import Environment
from provision.environment.waiting import Waiting

__all__ = [
    "Automation",
    "Callout",
    "Catalog",
    "Credential",
    "Directory",
    "Environment",
    "EnvironmentMapping",
    "GitHubMapping",
    "KerberosBind",
    "KeyVaultSecret",
    "LifecycleWorkflow",
    "LifecycleWorkflows",
    "Safety",
    "Secret",
    "Server",
    "SimpleBind",
    "Waiting",
    "WorkerMapping",
]
