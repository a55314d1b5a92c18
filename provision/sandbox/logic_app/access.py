"""Who may call the trigger: shared access signatures, and policies on proof-of-possession tokens.

Pure. Source: "Secure access and data in Azure Logic Apps"; error codes as seen in public reports. Every claim of one
policy must be in the token with exactly that value; of several policies one is enough.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provision.sandbox.logic_app import document
from provision.sandbox.logic_app.refusal import invalid, not_emulated
from provision.sandbox.service import Call, Refusal

SAS_NAMES = ("sp", "sv", "sig")


class PopReader(Protocol):
    """The part of `TokenAuthority` that the trigger needs."""

    def pop_claims(self, authorization: str) -> Mapping[str, str] | None:
        """The claims of a PoP token, or None when it is not valid."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """The door of a trigger: may a signature open it, and which sets of claims do."""

    signatures: bool = True
    policies: tuple[Mapping[str, str], ...] = ()


def read_access(written: Any) -> Access:
    """The `accessControl` of a workflow resource; names are compared without case, as Resource Manager does.

    Raises:
        Refusal: 400 for what is wrong, or beyond the sandbox.
    """
    outer = _lowered("accessControl", written or {})
    for name in outer:
        if name != "triggers" and outer[name]:
            raise not_emulated(f"accessControl.{name}", "this part of the access control")
    triggers = _lowered("accessControl.triggers", outer.get("triggers") or {})
    for name in triggers:
        if name not in {"sasauthenticationpolicy", "openauthenticationpolicies"} and triggers[name]:
            raise not_emulated(f"accessControl.triggers.{name}", "this part of the access control")
    sas = _lowered("accessControl.triggers.sasAuthenticationPolicy", triggers.get("sasauthenticationpolicy") or {})
    state = document.one_of("sasAuthenticationPolicy.state", sas.get("state", "Enabled"), ("Enabled", "Disabled"))
    where = "accessControl.triggers.openAuthenticationPolicies"
    policies = _lowered(where, triggers.get("openauthenticationpolicies") or {}).get("policies") or {}
    listed = document.mapping(f"{where}.policies", policies)
    return Access(state == "Enabled", tuple(_policy(f"{where}.{name}", body) for name, body in listed.items()))


def _lowered(where: str, written: Any) -> dict[str, Any]:
    return {name.lower(): value for name, value in document.mapping(where, written).items()}


def _policy(where: str, written: Any) -> dict[str, str]:
    found = _lowered(where, written)
    kind = document.one_of(f"{where}.type", found.get("type"), ("AAD", "AADPOP"))
    if kind == "AAD":
        raise not_emulated(where, "a policy of type AAD")
    claims = found.get("claims")
    if not isinstance(claims, list) or not claims:
        raise invalid(f"{where}.claims", "a list of claims is needed")
    result = {}
    for claim in claims:
        inner = _lowered(f"{where}.claims", claim)
        result[document.text(f"{where}.claims.name", inner.get("name"))] = document.text(
            f"{where}.claims.value", inner.get("value")
        )
    if "iss" not in result:
        raise invalid(f"{where}.claims", "the claim iss is needed")
    return result


def admit(call: Call, access: Access, signature: str, tokens: PopReader) -> None:
    """Lets the call pass or refuses it.

    Raises:
        Refusal: 400, 401 or 403; it never names the claim that differs.
    """
    signed = any(call.query.get(name) for name in SAS_NAMES)
    authorization = call.headers.get("authorization", "")
    if signed and authorization:
        message = "The request has both SAS authentication scheme and another one. Only one scheme should be used."
        raise Refusal(400, "DirectApiRequestHasMoreThanOneAuthorization", message)
    if signed:
        _admit_signature(call, access, signature)
        return
    if not authorization or not access.policies:
        scheme = "Shared Access" if access.signatures else "Open Authentication"
        message = f"The request must be authenticated only by {scheme} scheme."
        raise Refusal(401, "DirectApiAuthorizationRequired", message)
    claims = tokens.pop_claims(authorization)
    if claims is None:
        raise Refusal(401, "DirectApiAuthorizationRequired", "The proof-of-possession token is not valid.")
    if not any(_matches(policy, claims) for policy in access.policies):
        message = (
            "One or more claims either missing or does not match with the open authentication access control policy."
        )
        raise Refusal(403, "MisMatchingOAuthClaims", message)


def _admit_signature(call: Call, access: Access, signature: str) -> None:
    if not access.signatures:
        message = "The request must be authenticated only by Open Authentication scheme."
        raise Refusal(401, "DirectApiAuthorizationRequired", message)
    if not hmac.compare_digest(call.query.get("sig", "").encode(), signature.encode()):
        raise Refusal(401, "AuthorizationFailed", "The authentication credentials are not valid.")


def _matches(policy: Mapping[str, str], claims: Mapping[str, str]) -> bool:
    return all(claims.get(name) == value for name, value in policy.items())
