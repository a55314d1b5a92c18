"""What the job `explain` has told of a person's groups in AD. Pure.

The runbook writes it (`runbook/explain.py`): a record of kind `holds` for each group that the person is in, one of kind
`lacks` for each other managed group, and a result line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provision.resource import Json
from runbook.distinguished_name import canonical_dn, fold
from runbook.group_name import GroupName


@dataclass(frozen=True, slots=True)
class Membership:
    """A group, and how the person is in it; `name` is the mapping's where AD does not have it just once.

    `member` is direct, primary (by the account's primary group), nested, or empty when the person is not in it; `via`
    are the groups between, the nearest to the person first. `packages` are the ids of the access packages that give
    the group, `mode` is the one in which it is kept. `protected` and `doubt` are reasons not to touch it, or empty.
    """

    guid: str
    name: str
    dn: str = ""
    sid: str = ""
    domain: str = ""
    member: str = ""
    via: tuple[str, ...] = ()
    managed: bool = False
    packages: tuple[str, ...] = ()
    retired: bool = False
    mode: str = ""
    protected: str = ""
    doubt: str = ""

    def is_called(self, name: GroupName) -> bool:
        """Whether somebody means this group by that name."""
        if name.domain and self.domain not in {"", name.domain}:
            return False
        if name.form == "dn" and self.dn:
            return canonical_dn(self.dn) == name.key
        own = {"account": fold(self.name), "guid": self.guid, "sid": self.sid}
        return own.get(name.form) == name.key or self.name == name.text


@dataclass(frozen=True, slots=True)
class Seen:
    """What AD says of a person. `absent` is why there is no account, `protected` why no job may touch it, or empty."""

    groups: tuple[Membership, ...]
    account: str = ""
    absent: str = ""
    protected: str = ""


def seen(records: Iterable[Mapping[str, Json]], result: Mapping[str, Json]) -> Seen:
    """The job's records and its result line."""
    groups = tuple(_membership(record) for record in records if record.get("kind") in {"holds", "lacks"})
    account, absent, protected = (str(result.get(key) or "") for key in ("account", "absent", "protected"))
    return Seen(groups, account, absent, protected)


def _membership(record: Mapping[str, Json]) -> Membership:
    lacks = record["kind"] == "lacks"
    return Membership(
        guid=str(record.get("group") or ""),
        name=str(record.get("name") or ""),
        dn=str(record.get("dn") or ""),
        sid=str(record.get("sid") or ""),
        domain=str(record.get("domain") or ""),
        member="" if lacks else _member(record),
        via=tuple(map(str, record.get("via") or ())),
        managed=lacks or bool(record.get("managed")),
        packages=tuple(str(package).lower() for package in record.get("packages") or ()),
        retired=bool(record.get("retired")),
        mode=str(record.get("mode") or ""),
        protected=str(record.get("protected") or ""),
        doubt=str(record.get("doubt") or ""),
    )


def _member(record: Mapping[str, Json]) -> str:
    if record.get("primary"):
        return "primary"
    return "direct" if record.get("direct") else "nested"
