"""The runbook's settings, as its Automation variable carries them: what it must know, and no secret. Pure.

The shape is read by `runbook/settings.py`. A secret is only ever named: where in Key Vault or Automation it is kept.
"""

from __future__ import annotations

import hashlib

from provision.environment import (
    Directory,
    Environment,
    EnvironmentMapping,
    GitHubMapping,
    SimpleBind,
)
from provision.naming import mapping_variable
from provision.resource import Json


def settings(environment: Environment, mapping: str | None) -> dict[str, Json]:
    """The settings, version 1. `mapping` is the mapping's text where a variable carries it."""
    cloud = environment.cloud
    return {
        "version": 1,
        "environment": environment.name,
        "tenant": environment.tenant,
        "graph": cloud.graph,
        "graph_audience": cloud.graph_audience,
        "key_vault_audience": cloud.key_vault_audience,
        "mapping": _mapping(environment, mapping or ""),
        "directory": _directory(environment.directory),
        "safety": {
            "protected_groups": list(environment.safety.protected_groups),
            "protected_users": list(environment.safety.protected_users),
        },
    }


def _mapping(environment: Environment, text: str) -> dict[str, Json]:
    source = environment.mapping
    if isinstance(source, EnvironmentMapping):
        digest = hashlib.sha256(text.encode()).hexdigest()
        return {"source": "variable", "name": mapping_variable(environment.name), "sha256": digest}
    if isinstance(source, GitHubMapping):
        return {
            "source": "github",
            "api": source.api,
            "repository": source.repository,
            "path": source.path,
            "ref": source.ref,
            "token": {"key_vault": source.token.key_vault} if source.token else None,
        }
    return {"source": "worker", "path": source.path}


def _directory(directory: Directory) -> dict[str, Json]:
    return {
        "servers": [{"url": server.url, "certificate_name": server.certificate_name} for server in directory.servers],
        "base": directory.base,
        "domain": directory.domain,
        "ca_file": directory.ca_file,
        "bind": _bind(directory),
    }


def _bind(directory: Directory) -> dict[str, Json]:
    bind = directory.bind
    if not isinstance(bind, SimpleBind):
        return {"method": bind.method}
    kept = {name: value for name, value in bind.password.model_dump().items() if value is not None}
    return {"method": bind.method, "user": bind.user, "password": kept}
