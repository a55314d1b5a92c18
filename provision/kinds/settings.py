"""The runbook's settings, as its Automation variable carries them: what it must know, and no secret. Pure.

The shape is read by `runbook/settings.py`. A secret is only ever named: where in Key Vault or Automation it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from provision.environment import (
    Domain,
    Environment,
    EnvironmentMapping,
    GitHubMapping,
    Safety,
    SimpleBind,
)
from provision.naming import mapping_variable
from provision.resource import Json


def settings(environment: Environment, mapping: str | None, pins: Mapping[str, str]) -> dict[str, Json]:
    """The settings, version 1. `mapping` is the mapping's text where a variable carries it, `pins` name -> GUID."""
    cloud, sweep = environment.cloud, environment.sweep
    return {
        "version": 1,
        "environment": environment.name,
        "tenant": environment.tenant,
        "graph": cloud.graph,
        "graph_audience": cloud.graph_audience,
        "key_vault_audience": cloud.key_vault_audience,
        "mapping": _mapping(environment, mapping or ""),
        "directory": _directory(environment.directory),
        "other_directories": [_directory(domain) for domain in environment.other_directories],
        "account_wait": int(environment.directory.wait_for_account.total_seconds()),
        "safety": _safety(environment.safety, pins),
        "scheduled_sweep": sweep.picks_up,
        "audit_file": environment.audit.file or "",
    }


def _safety(safety: Safety, pins: Mapping[str, str]) -> dict[str, Json]:
    return {
        "mode": safety.mode,
        "budgets": safety.budgets.model_dump(),
        "groups": [rule.model_dump() for rule in safety.groups],
        "distribution_groups": safety.distribution_groups,
        "protected_groups": list(safety.protected_groups),
        "protected_users": list(safety.protected_users),
        "locks": [{"group": name, "guid": guid} for name, guid in pins.items()],
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


def _directory(directory: Domain) -> dict[str, Json]:
    return {
        "servers": [{"url": server.url, "certificate_name": server.certificate_name} for server in directory.servers],
        "base": directory.base,
        "domain": directory.domain,
        "ca_file": directory.ca_file,
        "bind": _bind(directory),
    }


def _bind(directory: Domain) -> dict[str, Json]:
    bind = directory.bind
    if not isinstance(bind, SimpleBind):
        return {"method": bind.method}
    kept = {name: value for name, value in bind.password.model_dump().items() if value is not None}
    return {"method": bind.method, "user": bind.user, "password": kept}
