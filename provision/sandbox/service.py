"""The nouns every service of the sandbox shares: a call, its answer, a refusal, a route.

Pure data; the server (`server.py`) is the only place that turns them into bytes on a socket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request as a service sees it.

    `path` is decoded and without query; `arguments` are the route's `{names}`, `query` holds the first value of
    each parameter (`$filter` keeps its dollar), `headers` have lower-case names, `base` is scheme, host and port.
    """

    method: str
    path: str
    arguments: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Refusal: 400 `BadRequest` when the body is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, "BadRequest", f"The request body is not valid JSON: {error}") from error


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answers: dict and list become JSON, str text/plain, bytes stay, None is an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request the service declines; each service renders it in the shape of the real one."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Route:
    """`method` and `pattern` lead to `handler`; `{name}` is one segment, `{name*}` the rest of the path."""

    method: str
    pattern: str
    handler: Callable[[Call], Answer]

    def expression(self) -> re.Pattern[str]:
        """The pattern as a regular expression; Resource Manager and Graph ignore the case of paths."""
        parts = re.split(r"\{(\w+)(\*?)\}", self.pattern)
        text = "".join(
            re.escape(part)
            if position % 3 == 0
            else (f"(?P<{part}>{'.+' if parts[position + 1] else '[^/]+'})" if position % 3 == 1 else "")
            for position, part in enumerate(parts)
        )
        return re.compile(text, re.IGNORECASE)


class Service(Protocol):
    """One emulated service: its routes, and how it words a refusal."""

    def routes(self) -> Sequence[Route]:
        """All routes, tried in this order."""
        ...

    def refuse(self, refusal: Refusal) -> Answer:
        """The refusal in the wire shape of the real service."""
        ...
