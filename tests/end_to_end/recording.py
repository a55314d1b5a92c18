"""A sandbox that records every exchange, whoever the client is: the CLI, the Logic Apps, the runbook."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from provision.sandbox.sandbox import Sandbox
from provision.sandbox.service import Answer, Call


class RecordedSandbox(Sandbox):
    """A sandbox that writes every exchange to `log`, as JSON lines that the contract judges read."""

    _writing = threading.Lock()
    _number = 0

    @property
    def log(self) -> Path:
        """The file, with one JSON object a line."""
        return self.folder.path / "exchanges.jsonl"

    def exchanges(self) -> list[dict[str, Any]]:
        """What was written so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def _respond(self, call: Call) -> Answer | None:
        began = time.time()
        answer = super()._respond(call)
        if answer is not None and not call.path.startswith("/sandbox/"):
            self._write(call, answer, began)
        return answer

    def _write(self, call: Call, answer: Answer, began: float) -> None:
        query = f"?{urlencode(call.query, quote_via=quote)}" if call.query else ""
        with self._writing, self.log.open("a", encoding="utf-8") as stream:
            self._number += 1
            line = {
                "n": self._number,
                "t": began,
                "client": "sandbox",
                "method": call.method,
                "url": f"{call.base}{quote(call.path)}{query}",
                "req_headers": dict(call.headers),
                "req_body": _readable(call.body),
                "status": answer.status,
                "resp_headers": {"Content-Type": _kind(answer.body), **answer.headers},
                "resp_body": answer.body if not isinstance(answer.body, bytes) else answer.body.decode("latin-1"),
            }
            stream.write(json.dumps(line) + "\n")


def _kind(body: object) -> str:
    return "application/json" if isinstance(body, dict | list) else "text/plain"


def _readable(body: bytes) -> object:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
