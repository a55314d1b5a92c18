"""What a refusal of Microsoft Graph means, and which permission is missing. Pure.

Sources of the permissions: "Microsoft Graph permissions reference", "Delegation and roles in entitlement management".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from provision.errors import ProvisionError, ServiceRefusal

CATALOG_ROLES: Final = {
    "extensions": "Catalog owner",
    "extension": "Catalog owner",
    "policy": "Catalog owner or Access package manager",
    "catalog roles": "Catalog owner",
    "catalog role": "Catalog owner",
}


@dataclass(frozen=True, slots=True)
class Service:
    """A part of Graph, and the application permissions that read and write it."""

    name: str
    read: str
    write: str


ENTITLEMENT: Final = Service(
    "entitlement management", "EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All"
)
TASK_EXTENSIONS: Final = Service(
    "Lifecycle Workflows", "LifecycleWorkflows-CustomExt.Read.All", "LifecycleWorkflows-CustomExt.ReadWrite.All"
)
WORKFLOWS: Final = Service(
    "Lifecycle Workflows", "LifecycleWorkflows-Workflow.Read.All", "LifecycleWorkflows-Workflow.ReadWrite.All"
)
DEFINITIONS: Final = Service("Lifecycle Workflows", "LifecycleWorkflows.Read.All", "LifecycleWorkflows.ReadWrite.All")
PRINCIPALS: Final = Service("Entra", "Application.Read.All", "Application.ReadWrite.All")
APP_ROLES: Final = Service("Entra", "Application.Read.All", "AppRoleAssignment.ReadWrite.All")
SERVICES: Final = {
    "task extensions": TASK_EXTENSIONS,
    "task extension": TASK_EXTENSIONS,
    "task definitions": DEFINITIONS,
    "workflows": WORKFLOWS,
    "workflow": WORKFLOWS,
    "workflow version": WORKFLOWS,
    "task results": WORKFLOWS,
    "task resume": DEFINITIONS,
    "service principals": PRINCIPALS,
    "service principal": PRINCIPALS,
    "app roles": APP_ROLES,
    "app role": APP_ROLES,
}
"""By noun of a target; every other noun is of entitlement management."""


def explained(status: int, code: str, message: str, method: str, noun: str) -> ServiceRefusal:
    """The refusal in our words: what was asked, what Graph said, what to do."""
    words = " ".join(message.split()) or "no reason given"
    return ServiceRefusal(_told(status, code, words, method, noun), status, code)


def unreachable(base: str, error: Exception) -> ProvisionError:
    """For an exchange that did not come to an answer."""
    words = " ".join(str(error).split()) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in words:
        remedy = (
            "The certificate could not be verified; set `ca_file` under `cloud` if an authority of your own signs it."
        )
    else:
        remedy = (
            "Check the network, a proxy, and the addresses under `cloud` in the environment file; then run it again."
        )
    return ProvisionError(f"Microsoft Graph at {base} did not answer: {words}. {remedy}")


def _told(status: int, code: str, words: str, method: str, noun: str) -> str:
    what = f"{'reading' if method == 'GET' else 'writing'} the {noun} of {SERVICES.get(noun, ENTITLEMENT).name}"
    if status == 403:
        return _denied(what, method, noun)
    if status == 401:
        return f"Microsoft Graph does not accept the sign-in ({code}) for {what}: {words} Sign in again."
    if status in (429, 503, 504):
        return f"Microsoft Graph is busy ({code or status}), {what}: {words} Wait, then run the same command again."
    if status >= 500:
        return f"Microsoft Graph failed at {what} ({method}, {status} {code}): {words} Run the same command again."
    return f"Microsoft Graph refused {what} ({method}, {status} {code}): {words}"


def _denied(what: str, method: str, noun: str) -> str:
    service = SERVICES.get(noun, ENTITLEMENT)
    permission = service.read if method == "GET" else service.write
    role = CATALOG_ROLES.get(noun) if method != "GET" else None
    instead = f", or the role {role} on the catalog" if role else ""
    return (
        f"No permission for {what}. Give the identity that runs lockstep the application permission {permission} "
        f"of Microsoft Graph, with admin consent{instead}. Sign in again after that."
    )
