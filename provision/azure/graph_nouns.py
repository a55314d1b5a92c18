"""The request builder of msgraph-sdk for every noun that a Graph target may have. Pure; loads no SDK by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Keys: TypeAlias = tuple[str, ...]


def _entitlement(graph: Any) -> Any:
    return graph.identity_governance.entitlement_management


def _catalog(graph: Any, keys: Keys) -> Any:
    return _entitlement(graph).catalogs.by_access_package_catalog_id(keys[0])


def _extension(graph: Any, keys: Keys) -> Any:
    return _catalog(graph, keys).custom_workflow_extensions.by_custom_callout_extension_id(keys[1])


def _policy(graph: Any, keys: Keys) -> Any:
    return _entitlement(graph).assignment_policies.by_access_package_assignment_policy_id(keys[0])


def _request(graph: Any, keys: Keys) -> Any:
    return _entitlement(graph).assignment_requests.by_access_package_assignment_request_id(keys[0])


def _role(graph: Any, keys: Keys) -> Any:
    roles = graph.role_management.entitlement_management.role_assignments
    return roles.by_unified_role_assignment_id(keys[0])


def _lifecycle(graph: Any) -> Any:
    return graph.identity_governance.lifecycle_workflows


def _task_extension(graph: Any, keys: Keys) -> Any:
    return _lifecycle(graph).custom_task_extensions.by_custom_task_extension_id(keys[0])


def _workflow(graph: Any, keys: Keys) -> Any:
    return _lifecycle(graph).workflows.by_workflow_id(keys[0])


def _task_result(graph: Any, keys: Keys) -> Any:
    task = _workflow(graph, keys).tasks.by_task_id(keys[1])
    return task.task_processing_results.by_task_processing_result_id(keys[2])


def _principal(graph: Any, keys: Keys) -> Any:
    return graph.service_principals.by_service_principal_id(keys[0])


BUILDERS: Final[Mapping[str, Callable[[Any, Keys], Any]]] = {
    "catalogs": lambda graph, _: _entitlement(graph).catalogs,
    "catalog": _catalog,
    "packages": lambda graph, _: _entitlement(graph).access_packages,
    "policies": lambda graph, _: _entitlement(graph).assignment_policies,
    "policy": _policy,
    "extensions": lambda graph, keys: _catalog(graph, keys).custom_workflow_extensions,
    "extension": _extension,
    "catalog roles": lambda graph, _: graph.role_management.entitlement_management.role_assignments,
    "catalog role": _role,
    "assignments": lambda graph, _: _entitlement(graph).assignments,
    "requests": lambda graph, _: _entitlement(graph).assignment_requests,
    "request": _request,
    "request resume": lambda graph, keys: _request(graph, keys).resume,
    "task extensions": lambda graph, _: _lifecycle(graph).custom_task_extensions,
    "task extension": _task_extension,
    "task definitions": lambda graph, _: _lifecycle(graph).task_definitions,
    "workflows": lambda graph, _: _lifecycle(graph).workflows,
    "workflow": _workflow,
    "workflow version": lambda graph, keys: (
        _workflow(graph, keys).microsoft_graph_identity_governance_create_new_version
    ),
    "task results": lambda graph, keys: _workflow(graph, keys).tasks.by_task_id(keys[1]).task_processing_results,
    "task resume": lambda graph, keys: _task_result(graph, keys).microsoft_graph_identity_governance_resume,
    "service principals": lambda graph, _: graph.service_principals,
    "service principal": _principal,
    "app roles": lambda graph, keys: _principal(graph, keys).app_role_assignments,
    "app role": lambda graph, keys: _principal(graph, keys).app_role_assignments.by_app_role_assignment_id(keys[1]),
}
"""By noun; `keys` are the ids on the path, the outermost first."""

EVOLVING: Final = frozenset({"workflows", "workflow", "workflow version"})
"""Nouns whose category `mover` Graph tells only to those who ask for the members that an enumeration got later."""
