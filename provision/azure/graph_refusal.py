"""What a refusal of Microsoft Graph means, and which permission is missing. Pure.

Source of the permissions: "Microsoft Graph permissions reference" and "Delegation and roles in entitlement management".
"""

from __future__ import annotations

from typing import Final

from provision.errors import ProvisionError, ServiceRefusal

READ: Final = "EntitlementManagement.Read.All"
WRITE: Final = "EntitlementManagement.ReadWrite.All"
CATALOG_ROLES: Final = {
    "extensions": "Catalog owner",
    "extension": "Catalog owner",
    "policy": "Catalog owner or Access package manager",
    "catalog roles": "Catalog owner",
    "catalog role": "Catalog owner",
}


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
    what = f"{'reading' if method == 'GET' else 'writing'} the {noun} of entitlement management"
    if status == 403:
        return _denied(what, method, noun)
    if status == 401:
        return f"Microsoft Graph does not accept the sign-in ({code}) for {what}: {words} Sign in again."
    if status in (429, 503, 504):
        return f"Microsoft Graph is busy ({code or status}), {what}: {words} Wait, then run the same command again."
    return f"Microsoft Graph refused {what} ({method}, {status} {code}): {words}"


def _denied(what: str, method: str, noun: str) -> str:
    permission = READ if method == "GET" else WRITE
    role = CATALOG_ROLES.get(noun) if method != "GET" else None
    instead = f", or the role {role} on the catalog" if role else ""
    return (
        f"No permission for {what}. Give the identity that runs lockstep the application permission {permission} "
        f"of Microsoft Graph, with admin consent{instead}. Sign in again after that."
    )
