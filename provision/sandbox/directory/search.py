"""Searches: base, scope, filter, pages and limits (RFC 4511, section 4.5; MS-ADTS 3.1.1.3.1.3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from provision.sandbox.directory import refusal
from provision.sandbox.directory.control import PAGED, Controls, Page, page_value
from provision.sandbox.directory.filter import clauses_of
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.matching import matches
from provision.sandbox.directory.reference import resolve
from provision.sandbox.directory.refusal import Result
from provision.sandbox.directory.request import Search
from provision.sandbox.directory.response import Found, ResponseControl
from provision.sandbox.directory.schema import ATTRIBUTES
from provision.sandbox.directory.selection import View
from provision.sandbox.directory.store import Entry, Store

_OTHER_CONTEXTS = (
    ("ForestDnsZones.", "DC=ForestDnsZones"),
    ("DomainDnsZones.", "DC=DomainDnsZones"),
    ("", "CN=Configuration"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found, in the order of the messages."""

    entries: tuple[Found, ...]
    references: tuple[str, ...] = ()
    result: Result = field(default_factory=Result)
    controls: tuple[ResponseControl, ...] = ()


@dataclass(slots=True)
class Pages:
    """Searches of one connection that go on; a cookie is good once, and on this connection only."""

    waiting: dict[bytes, tuple[Search, list[Entry]]] = field(default_factory=dict)
    issued: int = 0

    def keep(self, request: Search, entries: list[Entry]) -> bytes:
        """The cookie for the rest of a search; empty when there is no rest."""
        if not entries:
            return b""
        self.issued += 1
        cookie = self.issued.to_bytes(8, "big")
        self.waiting[cookie] = (request, entries)
        return cookie

    def resume(self, request: Search, page: Page) -> list[Entry]:
        """The rest that a cookie stands for.

        Raises:
            Refused: 12 for a cookie of another connection, another search, or one that was used.
        """
        kept, entries = self.waiting.pop(page.cookie, (None, []))
        if kept != request:
            raise refusal.unknown_critical_control(PAGED)
        return entries


class Searches:
    """The searches of one connection."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._pages = Pages()

    def run(self, account: Entry, request: Search, controls: Controls) -> Answer:
        """Run one search, or one page of it.

        Raises:
            Refused: as the base, the filter, a range or the cookie is refused.
        """
        view = View(self._store, account, self._limits.value_range, request, controls)
        if controls.page:
            return self._page(view, controls.page)
        found = _matching(self._store, request)
        limit = min(request.size_limit or self._limits.page_size, self._limits.page_size)
        entries = tuple(map(view.show, found[:limit]))
        if len(found) > limit:
            return Answer(entries, result=refusal.too_many())
        return Answer(entries, _references(self._store, request, controls))

    def _page(self, view: View, page: Page) -> Answer:
        request = view.request
        found = self._pages.resume(request, page) if page.cookie else _matching(self._store, request)
        size = min(page.size, self._limits.page_size)
        entries = tuple(map(view.show, found[:size]))
        cookie = self._pages.keep(request, found[size:]) if size else b""
        references = () if cookie else _references(self._store, request, view.controls)
        return Answer(entries, references, controls=(ResponseControl(PAGED, page_value(cookie)),))


def _matching(store: Store, request: Search) -> list[Entry]:
    for clause in clauses_of(request.filter):
        attribute = ATTRIBUTES.get(clause.attribute.lower())
        if attribute is not None and attribute.constructed:
            raise refusal.constructed_in_filter(attribute.name)
    base = resolve(store, request.base)
    return [
        entry
        for entry in store
        if store.holds(entry)
        and _in_scope(entry, base, request.scope)
        and matches(request.filter, entry, store) is True
    ]


def _in_scope(entry: Entry, base: Entry, scope: str) -> bool:
    below = len(entry.key) - len(base.key)
    if below < 0 or entry.key[below:] != base.key:
        return False
    return scope == "sub" or below == (1 if scope == "one" else 0)


def _references(store: Store, request: Search, controls: Controls) -> tuple[str, ...]:
    """A search below the head of the domain also names the other naming contexts, which are not searched."""
    if request.scope == "base" or controls.domain_scope or resolve(store, request.base).key != store.head.key:
        return ()
    realm = store.realm
    return tuple(f"ldap://{host}{realm.dns}/{name},{realm.base}" for host, name in _OTHER_CONTEXTS)
