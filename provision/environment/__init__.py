"""The environment file -> a frozen `Environment`, or every problem at once with file, line, column and remedy.

    finding     which file -> its text                          reads that file
    document    YAML or JSON text -> values with their places   pure
    model       values -> Environment, by its sections          pure, but for `load`
    relations   what two sections say about each other          pure
    problems    what the model refuses -> messages              pure
    schema      the model -> JSON Schema for editors            pure

The sections are in callout, cloud_choice, deployment, directory, lifecycle, mapping, safety and sweep; what callout and
lifecycle share is in waiting.
"""

from __future__ import annotations

from provision.environment.callout import Callout
from provision.environment.deployment import Automation, Catalog, Credential
from provision.environment.directory import Directory, Domain, KerberosBind, Secret, Server, SimpleBind
from provision.environment.lifecycle import LifecycleWorkflow, LifecycleWorkflows
from provision.environment.mapping import EnvironmentMapping, GitHubMapping, KeyVaultSecret, WorkerMapping
from provision.environment.model import Environment
from provision.environment.safety import GroupRule, Limit, Safety
from provision.environment.sweep import Audit, Sweep
from provision.environment.waiting import Waiting

__all__ = [
    "Audit",
    "Automation",
    "Callout",
    "Catalog",
    "Credential",
    "Directory",
    "Domain",
    "Environment",
    "EnvironmentMapping",
    "GitHubMapping",
    "GroupRule",
    "KerberosBind",
    "KeyVaultSecret",
    "LifecycleWorkflow",
    "LifecycleWorkflows",
    "Limit",
    "Safety",
    "Secret",
    "Server",
    "SimpleBind",
    "Sweep",
    "Waiting",
    "WorkerMapping",
]
