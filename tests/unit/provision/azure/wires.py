"""Wires without a network for the SDKs, and a sign-in that always succeeds."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import httpx
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter


class Answer:
    """What the service says: a status with JSON, text or nothing; or the exception that ends the exchange."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.content = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        kind = "text/html" if isinstance(body, str) else "application/json"
        self.headers = {"Content-Type": kind, **(headers or {})}


class SignedIn:
    """A credential."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(f"token for {' '.join(scopes)}", 4_000_000_000)


class Requests(BaseAdapter):
    """Answers what azure-core sends; `seen` holds method, URL, body and headers of every request."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__()
        self._answers = list(answers)
        self.seen: list[tuple[str, str, Any, Mapping[str, str]]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        headers = {name: str(value) for name, value in request.headers.items()}
        is_json = headers.get("Content-Type", "").startswith("application/json")
        body = (
            json.loads(request.body or b"null") if is_json and isinstance(request.body, str | bytes) else request.body
        )
        self.seen.append((str(request.method), str(request.url), body, headers))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, response.request, response.url = answer.status, request, str(request.url)
        response.headers.update(answer.headers)
        response.raw = io.BytesIO(answer.content)
        return response

    def close(self) -> None:
        """Nothing is open."""

    def transport(self) -> RequestsTransport:
        """This wire as azure-core takes it."""
        session = requests.Session()
        session.mount("https://", self)
        return RequestsTransport(session=session, session_owner=False)


class Exchanges(httpx.AsyncBaseTransport):
    """Answers what msgraph-sdk sends; `seen` holds method, URL, body and headers of every request."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self._answers = list(answers)
        self.seen: list[tuple[str, str, Any, Mapping[str, str]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.seen.append((request.method, str(request.url), body, request.headers))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status, headers=answer.headers, content=answer.content, request=request)
