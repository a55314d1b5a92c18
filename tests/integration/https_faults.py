"""What can go wrong with one HTTPS request: by kind, the disturbed answer in place of the honest one. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final


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
TEXTS: Final = ("settings", "mapping", "undo")


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
    "text cut off": Fault(_variable(lambda text: text[: len(text) // 2]), fits=_about(*TEXTS)),
    "text empty": Fault(_variable(lambda _: ""), fits=_about(*TEXTS)),
    "text is {}": Fault(_variable(lambda _: "{}"), fits=_about(*TEXTS)),
    "another mapping": Fault(_variable(lambda text: text.replace('"Alpha"', '"Beta"')), fits=_about("mapping")),
    "another environment": Fault(
        _variable(lambda text: text.replace('"environment": "test"', '"environment": "other"')),
        fits=_about("settings"),
    ),
    "another job's undo": Fault(_variable(lambda text: text.replace('"job": "1', '"job": "2')), fits=_about("undo")),
}


def kinds_for(honest: Honest) -> Iterator[str]:
    """What can go wrong with a request."""
    return (kind for kind, fault in FAULTS.items() if fault.fits(honest))
