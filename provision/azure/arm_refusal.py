"""Where the exceptions of the Azure SDKs end: what a refusal of Resource Manager means, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from provision.errors import ProvisionError, ServiceRefusal

ROLES: Final = (
    ("Microsoft.Automation/", "Automation Contributor"),
    ("Microsoft.Logic/", "Logic App Contributor"),
    ("Microsoft.Authorization/", "Role Based Access Control Administrator"),
)
NOT_ABSENT: Final = (
    "SubscriptionNotFound",
    "ResourceGroupNotFound",
    "NoRegisteredProviderFound",
    "InvalidResourceType",
)
"""Answers with status 404 that do not say that the resource itself is absent."""

_DENIED: Final = re.compile(r"perform action '([^']+)'.*? over scope '([^']+)'")
_NAMED: Final = re.compile(r"^\((\w+)\)\s*")


def explained(status: int, code: str, message: str, method: str, path: str) -> ServiceRefusal:
    """The refusal in our words: what was asked, what the service said, what to do."""
    if not code and (named := _NAMED.match(message)):
        code = named[1]
    words = " ".join(_NAMED.sub("", message).split()) or "no reason given"
    return ServiceRefusal(_told(status, code, words, method, path), status, code)


def says_absent(refusal: ServiceRefusal) -> bool:
    """Whether the service itself says that the resource does not exist; a proxy's 404 or a wrong scope does not."""
    return refusal.status == 404 and bool(refusal.code) and refusal.code not in NOT_ABSENT


@contextmanager
def translated(base: str, method: str, path: str) -> Iterator[None]:
    """Turns every exception of the SDK into a ProvisionError; `base` is the address of Resource Manager."""
    from azure.core.exceptions import AzureError, HttpResponseError  # noqa: PLC0415 - SDKs are loaded when they are used

    try:
        yield
    except HttpResponseError as error:
        code = getattr(error.error, "code", None) or ""
        words = getattr(error.error, "message", None) or error.message
        raise explained(error.status_code or 0, code, words, method, path) from error
    except AzureError as error:
        raise unreachable(base, error) from error


def unreachable(base: str, error: Exception) -> ProvisionError:
    """For an exchange that did not come to an answer."""
    words = " ".join(str(error).split())
    if "certificate_verify_failed" in words.lower().replace(" ", "_"):
        remedy = "If an authority of your own signs the certificate, name it with `ca_file` under `cloud`."
    else:
        remedy = "Check the network, a proxy, and the addresses under `cloud` in the environment file; then try again."
    return ProvisionError(f"Resource Manager at {base} did not answer: {words}. {remedy}")


def _told(status: int, code: str, words: str, method: str, path: str) -> str:
    if status == 403:
        return _denied(words, method, path)
    if code in {"InvalidAuthenticationTokenTenant", "SubscriptionNotFound"}:
        return f"{words} Check `tenant` and `subscription` in the environment file, and your sign-in."
    if status == 401:
        return f"Resource Manager does not accept the sign-in ({code}): {words} Sign in again."
    if code == "ResourceGroupNotFound":
        return f"{words} Check `resource_group` in the environment file; Lockstep does not create it."
    return _passing(status, code, words, method, path)


def _passing(status: int, code: str, words: str, method: str, path: str) -> str:
    if status in (429, 503):
        return f"Resource Manager is busy ({code or status}): {words} Wait, then run the same command again."
    if status >= 500:
        return f"Resource Manager failed at {method} {path} ({status} {code}): {words} Run the same command again."
    return f"{method} {path} was refused ({status} {code}): {words}"


def _denied(words: str, method: str, path: str) -> str:
    found = _DENIED.search(words)
    action, scope = found.groups() if found else (f"{method} {path}", path)
    role = next((role for prefix, role in ROLES if action.lower().startswith(prefix.lower())), "Contributor")
    return (
        f"No permission for {action} on {scope}. Give the identity that runs lockstep the role {role} there or on the "
        "resource group. A role that was given a moment ago needs some minutes to count."
    )
