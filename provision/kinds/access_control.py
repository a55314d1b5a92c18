"""Who may call the trigger of a Logic App: one service, by proof-of-possession token with six claims. Pure.

Source: "Secure access and data - Azure AD PoP", "Configure a Logic App for Lifecycle Workflow use".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provision.environment import Environment
from provision.resource import Json

CLAIMS = ("iss", "aud", "appid", "m", "u", "p")


@dataclass(frozen=True, slots=True)
class Caller:
    """The service that calls the trigger: its application id, what its policy is called, and the tag `Purpose`."""

    application: str
    policy: str
    purpose: str


ENTITLEMENT_MANAGEMENT = Caller(
    "810dcf14-1858-4bf2-8134-4c369fa3235b",
    "AzureADEntitlementManagementPOPAuthPolicy",
    "Azure AD Entitlement Management",
)
LIFECYCLE_WORKFLOWS = Caller(
    "ce79fdc4-cd1d-4ea5-8139-e74d7dbe0bb7",
    "AzureADLifecycleWorkflowsAuthPOPAuthPolicy",
    "Azure AD Lifecycle Workflows",
)


def locked(environment: Environment, identifier: str, caller: Caller) -> dict[str, Json]:
    """Only a proof-of-possession token of the caller for exactly this workflow opens the trigger."""
    cloud = environment.cloud
    values = (
        cloud.issuer(environment.tenant),  # the only one with a slash at its end
        cloud.pop_audience,
        caller.application,
        "POST",
        cloud.pop_host,
        identifier,
    )
    claims = [{"name": name, "value": value} for name, value in zip(CLAIMS, values, strict=True)]
    policy = {"type": "AADPOP", "claims": claims}
    return {
        "sasAuthenticationPolicy": {"state": "Disabled"},
        "openAuthenticationPolicies": {"policies": {caller.policy: policy}},
    }


def in_our_order(triggers: Json) -> Json:
    """The access control without what services add as unset, and with the claims, which are a set, in our order."""
    if not isinstance(triggers, Mapping):
        return triggers
    policies = {
        name: {**policy, "claims": sorted(policy.get("claims") or (), key=_place)}
        for name, policy in ((triggers.get("openAuthenticationPolicies") or {}).get("policies") or {}).items()
    }
    return {
        **{key: value for key, value in triggers.items() if value},
        **({"openAuthenticationPolicies": {"policies": policies}} if policies else {}),
    }


def _place(claim: Mapping[str, Json]) -> tuple[int, str]:
    name = str(claim.get("name"))
    return CLAIMS.index(name) if name in CLAIMS else len(CLAIMS), name
