"""The world that a sweep is measured in: a domain of many groups on Samba, and Graph with prepared pages.

Group n has `per_group` members. Some of them have no assignment any more, and as many people with one are missing, so
that `changed` percent of all memberships are to be written, half of them additions.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from provision.sandbox.directory.population import Account, Group, Population
from tests.integration import runbook_world as world

ASSIGNMENTS = "/v1.0/identityGovernance/entitlementManagement/assignments"
PAGE, USERS_PAGE = 100, 999


@dataclass(frozen=True, slots=True)
class Size:
    """How many users and groups there are, how many members each group has, and how much of it is to be changed."""

    users: int
    groups: int
    per_group: int
    changed: float = 5.0

    @property
    def memberships(self) -> int:
        """Of all groups together."""
        return self.groups * self.per_group

    @property
    def moves(self) -> int:
        """Additions in one group; as many are removals."""
        return round(self.per_group * self.changed / 100 / 2)


def user(number: int) -> str:
    """The object id in Entra of a person."""
    return f"66666666-6666-4666-8666-{number:012d}"


def package(number: int) -> str:
    """The id of the access package of a group."""
    return f"77777777-7777-4777-8777-{number:012d}"


def account(number: int) -> str:
    """A person's name in AD."""
    return f"u{number:06d}"


def _people(size: Size, group: int, first: int, count: int) -> list[int]:
    start = group * 37
    return [(start + place) % size.users for place in range(first, first + count)]


def members(size: Size, group: int) -> list[int]:
    """Who is in the group at the start."""
    return _people(size, group, 0, size.per_group)


def assigned(size: Size, group: int) -> list[int]:
    """Who has its access package: the first members not any more, some others instead."""
    return _people(size, group, size.moves, size.per_group)


def population(size: Size) -> Population:
    """The domain at the start."""
    accounts = tuple(Account(account(number), account(number)) for number in range(size.users))
    groups = tuple(
        Group(f"Group_{number:04d}", tuple(account(member) for member in members(size, number)))
        for number in range(size.groups)
    )
    return Population(accounts, groups)


def mapping(size: Size) -> dict[str, Any]:
    """One access package for each group."""
    return {
        "AccessPackages": [
            {"AccessPackageID": package(number), "ADGroups": [f"Group_{number:04d}"]} for number in range(size.groups)
        ]
    }


def assignment(group: int, person: int, sid: str | None, state: str = "delivered") -> dict[str, Any]:
    """An assignment as Graph shows it, with what comes along in `$expand`."""
    return {
        "id": f"{group:08x}-9999-4999-8999-{person:012d}",
        "state": state,
        "status": "Delivered",
        "expiredDateTime": None,
        "schedule": {
            "startDateTime": "2026-01-05T09:00:00Z",
            "recurrence": None,
            "expiration": {"endDateTime": None, "duration": None, "type": "noExpiration"},
        },
        "accessPackage": {
            "id": package(group),
            "displayName": f"Package {group}",
            "description": "An access package of the benchmark",
            "isHidden": False,
            "createdDateTime": "2026-01-01T00:00:00Z",
            "modifiedDateTime": "2026-01-01T00:00:00Z",
        },
        "target": {
            "id": f"55555555-5555-4555-8555-{person:012d}",
            "objectId": user(person),
            "displayName": account(person),
            "email": f"{account(person)}@lab.example",
            "principalName": f"{account(person)}@lab.example",
            "onPremisesSecurityIdentifier": sid,
            "subjectType": "user",
            "subjectLifecycle": "governed",
        },
    }


class Pages:
    """Graph's lists of the world, each page as bytes, made before anything is measured."""

    def __init__(self, size: Size, sids: Mapping[str, str]) -> None:
        known = {number: sids[account(number)] for number in range(size.users)}
        self._size = size
        self._assignments: dict[str, list[bytes]] = {}
        for number in range(size.groups):
            rows = [assignment(number, person, known[person]) for person in assigned(size, number)]
            self._assignments[package(number)] = [
                json.dumps(rows[start : start + PAGE]).encode() for start in range(0, len(rows), PAGE)
            ]
        people = [{"id": user(number), "onPremisesSecurityIdentifier": sid} for number, sid in known.items()]
        self._users = [
            json.dumps(people[start : start + USERS_PAGE]).encode() for start in range(0, len(people), USERS_PAGE)
        ]

    @property
    def packages(self) -> tuple[str, ...]:
        """The ids of all access packages."""
        return tuple(self._assignments)

    def urls(self, base: str) -> list[str]:
        """All pages, as somebody asks for them who follows the links."""
        chosen = {name: f"$filter=accessPackage/id%20eq%20'{name}'" for name in self._assignments}
        lists = [(ASSIGNMENTS, chosen[name], len(pages)) for name, pages in self._assignments.items()]
        every = [*lists, ("/v1.0/users", "$filter=", len(self._users))]
        return [f"{base}{path}?{asked}&$skiptoken={n}" for path, asked, count in every for n in range(count)]

    def answer(self, base: str, path: str, query: Mapping[str, str]) -> bytes | None:
        """The page that the URL asks for."""
        if path == "/v1.0/users":
            return _page(base, path, query, self._users)
        if path == ASSIGNMENTS and "$filter" in query:
            return _page(base, path, query, self._assignments[query["$filter"].split("'")[1]])
        return None


def _page(base: str, path: str, query: Mapping[str, str], pages: list[bytes]) -> bytes:
    number = int(query.get("$skiptoken", "0"))
    rest = ""
    if number + 1 < len(pages):
        chosen = query.get("$filter", "").replace(" ", "%20")
        link = f"{base}{path}?$filter={chosen}&$skiptoken={number + 1}"
        rest = f'"@odata.nextLink": {json.dumps(link)}, '
    return b'{"@odata.context": "x", ' + rest.encode() + b'"value": ' + pages[number] + b"}"


class KeepAliveServer:
    """Azure, and the prepared pages, on a port of this machine; connections stay open, as those of Graph do."""

    def __init__(self, azure: world.Azure, pages: Pages, context: ssl.SSLContext) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, content = 200, pages.answer(azure.base, parts.path, query)
                if content is None:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    status, body = azure.answer(parts.path, query, headers)
                    content = json.dumps(body).encode()
                else:
                    azure.requests.append(parts.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
                del format, arguments

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        azure.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
