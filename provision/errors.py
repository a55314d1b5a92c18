"""The errors that the person at the keyboard can mend."""

from __future__ import annotations


class ProvisionError(Exception):
    """Something the user can fix: exit code 1. Its text is the whole message: where, what is wrong, what to do."""


class ServiceRefusal(ProvisionError):
    """A service declined one request. `status` is the HTTP status, `code` the service's own word for the reason."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
