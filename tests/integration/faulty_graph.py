"""Everything that the job asks by HTTPS, on one port of this machine, where one request goes wrong."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

Answers = Callable[[str, Mapping[str, str]], tuple[str, Any]]
"""Path and query -> what is asked for, and the honest body; None when there is no such thing."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer on its way: `status` 0 is none at all. `short` is how many bytes of the body never arrive."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    short: int = 0


@dataclass(frozen=True, slots=True)
class Honest:
    """What would be answered: `about` names the thing, `url` is where it was asked for, `first` where its list begins.

    `before` is the page before this one, if there was one.
    """

    about: str
    url: str
    first: str
    body: dict[str, Any]
    before: dict[str, Any] | None = None

    @property
    def is_page(self) -> bool:
        return self.about in PAGES

    def paged(self, **changes: Any) -> dict[str, Any]:
        return {**self.body, **changes}


@dataclass(frozen=True, slots=True)
class Fault:
    """`change` gives the disturbed answer; `times` is how often, 0 for ever. `fits` says where it can happen."""

    change: Callable[[Honest], Sent]
    times: int = 1
    fits: Callable[[Honest], bool] = lambda _: True


PAGES: Final = ("assignments", "users")
_TEXTS: Final = ("settings", "mapping", "undo")


def told(body: Any, status: int = 200, **headers: str) -> Sent:
    """A whole answer in JSON."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Sent(status, json.dumps(body).encode(), named)


def _refused(status: int, **headers: str) -> Callable[[Honest], Sent]:
    return lambda _: told({"error": {"code": "Disturbed", "message": "disturbed"}}, status, **headers)


def _half(honest: Honest, *, announced: bool) -> Sent:
    body = json.dumps(honest.body).encode()
    half = len(body) // 2
    return Sent(200, body, short=len(body) - half) if announced else Sent(200, body[:half])


def _rows(honest: Honest) -> list[Any]:
    rows: list[Any] = honest.body["value"]
    return rows


def _more_rows(honest: Honest, *rows: Any) -> Sent:
    return told(honest.paged(value=[*_rows(honest), *rows]))


def _first_row(honest: Honest, **changes: Any) -> Sent:
    first, *rest = _rows(honest)
    return told(honest.paged(value=[{**first, **changes}, *rest]))


def _other_row(row: dict[str, Any]) -> dict[str, Any]:
    """The same row with other words."""
    if "state" in row:
        return {**row, "state": "expired" if row["state"] != "expired" else "delivered"}
    return {**row, "onPremisesSecurityIdentifier": "S-1-5-21-1-2-3-9999"}


def _strangers_row(honest: Honest) -> Sent:
    nobody = "55555555-5555-4555-8555-555555555555"
    row = {**_rows(honest)[0], "id": nobody, "accessPackage": {"id": nobody}, "target": {"objectId": nobody}}
    return _more_rows(honest, row)


def _leading(url: Callable[[Honest], str]) -> Callable[[Honest], Sent]:
    return lambda honest: told({**honest.body, "@odata.nextLink": url(honest)})


def _last(honest: Honest) -> Sent:
    return told({"value": honest.body["value"]})


def _variable(change: Callable[[str], str]) -> Callable[[Honest], Sent]:
    """The variable with another text in it."""

    def changed(honest: Honest) -> Sent:
        text = json.loads(honest.body["properties"]["value"])
        return told({"properties": {"value": json.dumps(change(text))}})

    return changed


def _about(*names: str) -> Callable[[Honest], bool]:
    return lambda honest: honest.about in names


def _page(honest: Honest) -> bool:
    return honest.is_page


def _page_with_row(honest: Honest) -> bool:
    return honest.is_page and bool(_rows(honest))


def _not_last(honest: Honest) -> bool:
    return honest.is_page and "@odata.nextLink" in honest.body


def _elsewhere(honest: Honest) -> str:
    return honest.url.replace("127.0.0.1", "localhost")


FAULTS: Final[dict[str, Fault]] = {
    "nothing in it": Fault(lambda _: Sent(200, b"")),
    "{}": Fault(lambda _: told({})),
    "[]": Fault(lambda _: told([])),
    "null": Fault(lambda _: told(None)),
    "value is empty": Fault(lambda _: told({"value": []})),
    "value is null": Fault(lambda _: told({"value": None})),
    "value is an object": Fault(lambda _: told({"value": {}})),
    "HTML": Fault(lambda _: Sent(200, b"<html><body>Sign in</body></html>")),
    "half, its length told": Fault(lambda honest: _half(honest, announced=False)),
    "half, the whole length told": Fault(lambda honest: _half(honest, announced=True)),
    "half, again and again": Fault(lambda honest: _half(honest, announced=True), times=0),
    "redirected": Fault(lambda honest: told({}, 302, Location=_elsewhere(honest))),
    "400": Fault(_refused(400)),
    "401 once": Fault(_refused(401)),
    "401 for ever": Fault(_refused(401), times=0),
    "403": Fault(_refused(403)),
    "404": Fault(_refused(404)),
    "429 for minutes": Fault(_refused(429, Retry_After="100"), times=3),
    "429 for ever": Fault(_refused(429, Retry_After="20"), times=0),
    "500 once": Fault(_refused(500)),
    "500 for ever": Fault(_refused(500), times=0),
    "503 once": Fault(_refused(503, Retry_After="30")),
    "503 for ever": Fault(_refused(503), times=0),
    "dropped": Fault(lambda _: Sent(0, b"")),
    "dropped for ever": Fault(lambda _: Sent(0, b""), times=0),
    "next link to another host": Fault(_leading(_elsewhere), fits=_page),
    "next link to itself": Fault(_leading(lambda honest: honest.url), fits=_page),
    "next link to the first page": Fault(_leading(lambda honest: honest.first), fits=_page),
    "next link is null": Fault(lambda honest: told({**honest.body, "@odata.nextLink": None}), fits=_page),
    "next link is a list": Fault(lambda honest: told({**honest.body, "@odata.nextLink": []}), fits=_page),
    "no next link": Fault(_last, fits=_not_last),
    "no rows, and it goes on": Fault(lambda honest: told(honest.paged(value=[])), fits=_not_last),
    "one row left out": Fault(lambda honest: told(honest.paged(value=_rows(honest)[1:])), fits=_page_with_row),
    "rows twice": Fault(lambda honest: _more_rows(honest, *_rows(honest)), fits=_page_with_row),
    "the page before again": Fault(
        lambda honest: _more_rows(honest, *(honest.before or {})["value"]), fits=lambda honest: bool(honest.before)
    ),
    "a row twice, not the same": Fault(
        lambda honest: _more_rows(honest, _other_row(_rows(honest)[0])), fits=_page_with_row
    ),
    "a row of another": Fault(_strangers_row, fits=_about("assignments")),
    "unknown state": Fault(lambda honest: _first_row(honest, state="granted"), fits=_about("assignments")),
    "state is null": Fault(lambda honest: _first_row(honest, state=None), fits=_about("assignments")),
    "state is a list": Fault(lambda honest: _first_row(honest, state=["delivered"]), fits=_about("assignments")),
    "target is a list": Fault(lambda honest: _first_row(honest, target=[]), fits=_about("assignments")),
    "package is null": Fault(lambda honest: _first_row(honest, accessPackage=None), fits=_about("assignments")),
    "id is a number": Fault(lambda honest: _first_row(honest, id=7), fits=_page_with_row),
    "a row is null": Fault(lambda honest: _more_rows(honest, None), fits=_page),
    "a row is a list": Fault(lambda honest: _more_rows(honest, []), fits=_page),
    "SIDs left out": Fault(
        lambda honest: told(honest.paged(value=[{"id": each["id"]} for each in _rows(honest)])), fits=_about("users")
    ),
    "SID is a number": Fault(lambda honest: _first_row(honest, onPremisesSecurityIdentifier=7), fits=_about("users")),
    "another user": Fault(
        lambda honest: told({**honest.body, "id": "55555555-5555-4555-8555-555555555555"}), fits=_about("user")
    ),
    "another's SID": Fault(
        lambda honest: told({**honest.body, "onPremisesSecurityIdentifier": "S-1-5-21-1-2-3-9999"}),
        fits=_about("user"),
    ),
    "SID is null": Fault(
        lambda honest: told({**honest.body, "onPremisesSecurityIdentifier": None}), fits=_about("user")
    ),
    "token that has expired": Fault(lambda _: told({"access_token": "token:expired"}), fits=_about("token")),
    "token is null": Fault(lambda _: told({"access_token": None}), fits=_about("token")),
    "wrong secret": Fault(lambda _: told({"value": "wrong"}), fits=_about("secret")),
    "text cut off": Fault(_variable(lambda text: text[: len(text) // 2]), fits=_about(*_TEXTS)),
    "text empty": Fault(_variable(lambda _: ""), fits=_about(*_TEXTS)),
    "text is {}": Fault(_variable(lambda _: "{}"), fits=_about(*_TEXTS)),
    "another mapping": Fault(_variable(lambda text: text.replace('"Alpha"', '"Beta"')), fits=_about("mapping")),
    "another environment": Fault(
        _variable(lambda text: text.replace('"environment": "test"', '"environment": "other"')),
        fits=_about("settings"),
    ),
    "another job's undo": Fault(_variable(lambda text: text.replace('"job": "1', '"job": "2')), fits=_about("undo")),
}


@dataclass(slots=True)
class Disturbance:
    """`kind` at request number `point`, counted from 0."""

    kind: str = ""
    point: int = -1


@dataclass(slots=True)
class Asked:
    """What happened since the last `begin`. `elsewhere` counts requests for another host than the one that is named."""

    honest: list[Honest] = field(default_factory=list)
    number: int = 0
    fired: int = 0
    elsewhere: int = 0
    _where: str = ""

    def disturbed(self, plan: Disturbance, honest: Honest) -> bool:
        """Whether this request, the next one, goes wrong."""
        number, self.number = self.number, self.number + 1
        if number == plan.point:
            self._where = honest.url
        elif not self.fired or honest.url != self._where:
            return False
        times = FAULTS[plan.kind].times
        if times and self.fired >= times:
            return False
        self.fired += 1
        return True


class FaultyServices:
    """Answers on a free port, by HTTP/1.1 over TLS, until stopped; `on_fault` is called when one begins."""

    def __init__(self, context: ssl.SSLContext, answers: Answers, on_fault: Callable[[], None]) -> None:
        self._answers = answers
        self._on_fault = on_fault
        self._plan, self.asked = Disturbance(), Asked()
        services = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                sent = services.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
                self.close_connection = not sent.status or bool(sent.short)
                if not sent.status:
                    return
                self.send_response(sent.status)
                self.send_header("Content-Length", str(len(sent.body)))
                for name, value in sent.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent.body[: len(sent.body) - sent.short])

            def handle(self) -> None:
                with suppress(OSError):  # the client was quicker
                    super().handle()

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
                del format, arguments

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def begin(self, plan: Disturbance | None = None) -> None:
        """From here on `plan`."""
        self._plan, self.asked = plan or Disturbance(), Asked()

    def stop(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, target: str, headers: Mapping[str, str]) -> Sent:
        """What is sent to one GET."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.elsewhere += headers.get("host") != urlsplit(self.base).netloc
        about, body = self._answers(parts.path, query)
        if body is None:
            return told({"error": {"code": "NotFound", "message": target}}, 404)
        honest = Honest(about, self.base + target, self.base + _begun(target), body, self._before(about, target))
        if self.asked.disturbed(self._plan, honest):
            if self.asked.fired == 1:
                self._on_fault()
            return FAULTS[self._plan.kind].change(honest)
        if not _authorized(about, query, headers):
            return told({"error": {"code": "InvalidAuthenticationToken", "message": "wrong token"}}, 401)
        self.asked.honest.append(honest)
        return told(body)

    def _before(self, about: str, target: str) -> dict[str, Any] | None:
        """The page that led to this one."""
        for each in reversed(self.asked.honest):
            if each.about == about and each.body.get("@odata.nextLink") == self.base + target:
                return each.body
        return None


def _begun(target: str) -> str:
    return target.partition("&$skiptoken=")[0]


def _authorized(about: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    if about == "token":
        return headers.get("x-identity-header") == "the-header" and "resource" in query
    return headers.get("authorization") == f"Bearer token:{AUDIENCES[about]}"


ARM, GRAPH, VAULT = "https://management.azure.com/", "https://graph.microsoft.com", "https://vault.azure.net"
AUDIENCES: Final = {
    **dict.fromkeys(_TEXTS, ARM),
    **dict.fromkeys(("user", *PAGES), GRAPH),
    "secret": VAULT,
}


def kinds_for(honest: Honest) -> Iterator[str]:
    """What can go wrong with a request."""
    return (kind for kind, fault in FAULTS.items() if fault.fits(honest))
