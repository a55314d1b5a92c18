"""A running sandbox, spoken to over its control plane by whoever can read its state folder."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from provision.sandbox.outside import Outside
from provision.sandbox.state import Record, StateFolder, read_record

HEALTH_SECONDS = 5.0
REQUEST_SECONDS = 1800.0


class SandboxError(Exception):
    """The sandbox cannot do what was asked: where, what, what to do."""


@dataclass(frozen=True, slots=True)
class Remote:
    """The sandbox of one state folder, as its record says it is."""

    folder: StateFolder
    record: Record

    def ask(self, method: str, path: str, body: Any = None, timeout: float = REQUEST_SECONDS) -> dict[str, Any]:
        """One call of the control plane and its answer.

        Raises:
            OSError: nobody answers.
            SandboxError: it declined, in its own words.
        """
        context = ssl.create_default_context(cafile=str(self.folder.ca_file))
        token = self.folder.control_token.read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        url = f"{self.record.url}/sandbox/{path}"
        reply = Outside(context).send(method, url, headers, content, timeout)
        answer: dict[str, Any] = json.loads(reply.body)
        if reply.status >= 400:
            raise SandboxError(answer["error"]["message"])
        return answer

    def healthy(self) -> bool:
        """Whether it answers, with the token that is in the folder."""
        try:
            self.ask("GET", "status", timeout=HEALTH_SECONDS)
        except (OSError, ValueError, SandboxError):
            return False
        return True

    def groups(self, user: str) -> list[str]:
        """The AD groups of a user."""
        return list(self.ask("GET", f"users/{quote(user, safe='')}/groups")["groups"])


def running(folder: StateFolder) -> Remote | None:
    """The sandbox that serves this folder; None when none answers."""
    record = read_record(folder)
    if record is None:
        return None
    remote = Remote(folder, record)
    return remote if remote.healthy() else None
