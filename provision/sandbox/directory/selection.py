"""Which attributes of an entry an answer shows, and how (MS-ADTS 3.1.1.3.1.3.3 and 3.1.1.3.4.1.5).

Ranges as AD has them: more than `MaxValRange` values come in parts also to clients that did not ask for a range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from provision.sandbox.directory import refusal
from provision.sandbox.directory.control import Controls
from provision.sandbox.directory.identifier import guid_bytes, sid_bytes
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.request import Search
from provision.sandbox.directory.response import Found, Values
from provision.sandbox.directory.schema import ATTRIBUTES, Attribute, Syntax
from provision.sandbox.directory.store import Entry, Store

_RANGE = re.compile(r"range=(\d{1,9})-(\d{1,9}|\*)", re.IGNORECASE)
_MEMBER_OF = ATTRIBUTES["memberof"]


@dataclass(frozen=True, slots=True)
class Part:
    """Values `low` to `high` of an attribute, both counted from 0 and included; no `high` means to the end."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class View:
    """How one search sees the store: for whom, `value_range` values at most, as request and controls say."""

    store: Store
    account: Entry
    value_range: int
    request: Search
    controls: Controls

    def show(self, entry: Entry) -> Found:
        """The entry with the requested attributes.

        Raises:
            Refused: 1 for a range that begins behind the last value, or ends before it begins.
        """
        shown = []
        for attribute, part in _wanted(self.request.attributes):
            values = self._values(entry, attribute)
            described = self._described(attribute, values, part) if values else None
            if described:
                shown.append(described)
        return Found(self._spelled(entry), tuple(shown))

    def _described(self, attribute: Attribute, values: tuple[bytes, ...], part: Part | None) -> Values | None:
        name = attribute.name
        if part is None and len(values) > self.value_range:
            part = Part(0, None)
        if part is not None:
            if part.low >= len(values) or (part.high is not None and part.high < part.low):
                if self.controls.range_no_error:
                    return None
                raise refusal.past_the_end()
            last = min(part.low + self.value_range, len(values)) - 1
            last = last if part.high is None else min(last, part.high)
            name = f"{name};range={part.low}-{'*' if last == len(values) - 1 else last}"
            values = values[part.low : last + 1]
        return name, () if self.request.types_only else values

    def _values(self, entry: Entry, attribute: Attribute) -> tuple[bytes, ...]:
        if attribute.name == "allowedAttributesEffective":
            return (b"member",) if self.store.may_write(self.account, entry) else ()
        if attribute.name == "tokenGroups":
            return self._token_groups(entry) if self.request.scope == "base" else ()
        values = self.store.values(entry, attribute) if self.store.shows(entry, attribute) else ()
        if attribute.syntax is not Syntax.NAME or self.controls.names == "plain":
            return values
        return tuple(self._spelled_value(value) for value in values)

    def _token_groups(self, entry: Entry) -> tuple[bytes, ...]:
        primary = self.store.by_sid(f"{entry.sid.rpartition('-')[0]}-{entry.text('primaryGroupID')}")
        starts = [entry, *([primary] if primary else [])]
        guids = {guid for start in starts for guid in self.store.closure(start, _MEMBER_OF)}
        groups = [*(self.store.by_guid(guid) for guid in sorted(guids)), primary]
        return tuple(dict.fromkeys(sid_bytes(group.sid) for group in groups if group and group.sid))

    def _spelled_value(self, value: bytes) -> bytes:
        entry = self.store.by_name(Name.parse(value.decode()))
        return self._spelled(entry).encode() if entry else value

    def _spelled(self, entry: Entry) -> str:
        if self.controls.names == "plain":
            return entry.name.text
        in_hex = self.controls.names == "hex"
        guid = guid_bytes(entry.guid).hex() if in_hex else str(entry.guid)
        sid = sid_bytes(entry.sid).hex() if in_hex and entry.sid else entry.sid
        return f"<GUID={guid}>;{f'<SID={sid}>;' if sid else ''}{entry.name.text}"


def _wanted(requested: tuple[str, ...]) -> list[tuple[Attribute, Part | None]]:
    wanted: dict[str, tuple[Attribute, Part | None]] = {}
    for text in requested:
        name, _, option = text.partition(";")
        attribute = ATTRIBUTES.get(name.lower())
        if attribute is not None:
            wanted[name.lower()] = (attribute, _part(option))
    if not requested or "*" in requested:
        for name, attribute in ATTRIBUTES.items():
            if not attribute.constructed:
                wanted.setdefault(name, (attribute, None))
    return list(wanted.values())


def _part(option: str) -> Part | None:
    match = _RANGE.fullmatch(option)
    if match is None:
        return None
    return Part(int(match[1]), None if match[2] == "*" else int(match[2]))
