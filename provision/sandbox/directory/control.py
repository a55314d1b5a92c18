"""The controls this directory knows (MS-ADTS 3.1.1.3.4.1), read from a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from provision.sandbox.directory import ber, refusal
from provision.sandbox.directory.ber import BerError
from provision.sandbox.directory.request import Control

PAGED = "1.2.840.113556.1.4.319"
EXTENDED_DN = "1.2.840.113556.1.4.529"
DOMAIN_SCOPE = "1.2.840.113556.1.4.1339"
PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413"
RANGE_NO_ERROR = "1.2.840.113556.1.4.1948"
KNOWN = (PAGED, EXTENDED_DN, DOMAIN_SCOPE, PERMISSIVE_MODIFY, RANGE_NO_ERROR)

Spelling = Literal["plain", "hex", "text"]


@dataclass(frozen=True, slots=True)
class Page:
    """How many entries at most, and where to go on (empty: at the start)."""

    size: int
    cookie: bytes


@dataclass(frozen=True, slots=True)
class Controls:
    """What the controls of one request ask for; `names` is how DNs are written."""

    page: Page | None = None
    names: Spelling = "plain"
    domain_scope: bool = False
    permissive: bool = False
    range_no_error: bool = False


def read_controls(controls: Iterable[Control]) -> Controls:
    """The known ones; unknown ones are left aside unless they are critical.

    Raises:
        Refused: 12 for an unknown critical control, 2 for a value that is not the control's own.
    """
    asked = Controls()
    for control in controls:
        match control.oid:
            case oid if oid == PAGED:
                asked = replace(asked, page=_page(control))
            case oid if oid == EXTENDED_DN:
                asked = replace(asked, names=_spelling(control))
            case oid if oid == DOMAIN_SCOPE:
                asked = replace(asked, domain_scope=True)
            case oid if oid == PERMISSIVE_MODIFY:
                asked = replace(asked, permissive=True)
            case oid if oid == RANGE_NO_ERROR:
                asked = replace(asked, range_no_error=True)
            case oid if control.critical:
                raise refusal.unknown_critical_control(oid)
    return asked


def page_value(cookie: bytes) -> bytes:
    """The paged-results control of an answer; AD gives no estimate of the total."""
    return ber.encode(ber.sequence(ber.integer(0), ber.octets(cookie)))


def _page(control: Control) -> Page:
    try:
        size, cookie, *_ = ber.decode(control.value or b"").take(2)
        page = Page(size.integer, cookie.octets)
    except BerError as error:
        raise refusal.bad_control(control.oid) from error
    if page.size < 0:
        raise refusal.bad_control(control.oid)
    return page


def _spelling(control: Control) -> Spelling:
    if not control.value:
        return "hex"
    try:
        flag = ber.decode(control.value).take(1)[0].integer
    except BerError as error:
        raise refusal.bad_control(control.oid) from error
    if flag not in {0, 1}:
        raise refusal.bad_control(control.oid)
    return "text" if flag else "hex"
