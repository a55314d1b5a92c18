"""How a definition is declined: wrong for the service, or right but beyond the sandbox.

Pure.
"""

from __future__ import annotations

from provision.sandbox.service import Refusal


def invalid(where: str, problem: str) -> Refusal:
    """The service would refuse this definition too."""
    return Refusal(400, "InvalidTemplate", f"The template validation failed: '{where}': {problem}")


def not_emulated(where: str, what: str) -> Refusal:
    """The service may accept it; the sandbox says so instead of ignoring it."""
    return Refusal(400, "NotEmulated", f"'{where}': {what} is not emulated by the sandbox; see docs/sandbox.md.")
