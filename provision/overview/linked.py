"""Which access packages give which groups, and how each of them fares. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from provision.overview.facts import Facts
from provision.sweep_record import Record
from runbook.distinguished_name import canonical_dn, fold
from runbook.group_name import GroupName

OK: Final = "ok"
NOTE: Final = "note"
DRIFT: Final = "drift"
PROBLEM: Final = "problem"
UNKNOWN: Final = "unknown"
HEALTH: Final = {
    OK: "in step",
    DRIFT: "a sweep would change it",
    NOTE: "worth a look",
    PROBLEM: "needs somebody",
    UNKNOWN: "not looked at",
}
"""How a package or a group fares, and what that means."""


@dataclass(frozen=True, slots=True)
class Package:
    """An access package of the mapping; `policies` is None where its catalog was not read, `live` where it is gone.

    `key` is its name within the page, `groups` are the keys of its groups.
    """

    key: str
    id: str
    name: str
    catalog: str
    groups: tuple[str, ...]
    mode: str = ""
    policies: int | None = None
    live: int | None = None
    over: int | None = None
    health: str = OK
    state: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the mapping; `packages` are the keys of those that give it, none for a retired one.

    `members` is None when nobody has looked. The counts are of what a sweep would do.
    """

    key: str
    name: str
    packages: tuple[str, ...] = ()
    guid: str = ""
    domain: str = ""
    mode: str = ""
    members: int | None = None
    adds: int = 0
    removes: int = 0
    withheld: int = 0
    unexplained: int = 0
    health: str = UNKNOWN
    state: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """All packages and groups of the mapping, in its order."""

    packages: tuple[Package, ...]
    groups: tuple[Group, ...]


def links(facts: Facts) -> Links:
    """Packages and groups, joined with what Entra has and with what a sweep would do."""
    mapping, told = facts.in_force, _Told(facts)
    keys: dict[tuple[str, ...], str] = {}
    groups: dict[str, Group] = {}

    def placed(name: GroupName) -> str:
        record = told.record(name)
        place = (str(record["group"]),) if record else name.comparable
        key = keys.setdefault(place, f"g{len(keys)}")
        groups.setdefault(key, told.group(key, name, record))
        return key

    packages = []
    for number, mapped in enumerate(mapping.packages):
        given = tuple(dict.fromkeys(placed(name) for name in mapped.groups))
        packages.append(replace(_package(f"p{number}", mapped.package_id, facts), groups=given, mode=mapped.mode))
        for key in given:
            groups[key] = replace(groups[key], packages=(*groups[key].packages, f"p{number}"))
    for name in mapping.retired:
        placed(name)
    return Links(tuple(packages), tuple(groups.values()))


def _package(key: str, identifier: str, facts: Facts) -> Package:
    there = facts.packages.get(identifier)
    if there is None:
        gone = "does not exist in Entra"
        return Package(key, identifier, identifier, "", (), health=PROBLEM, state=gone)
    assigned = facts.assigned.get(identifier)
    found = Package(
        key,
        identifier,
        there.name,
        there.catalog_name,
        (),
        live=assigned.live if assigned else None,
        over=assigned.over if assigned else None,
    )
    catalogs = {catalog.id: catalog for catalog in facts.inventory.catalogs if catalog.listed}
    if there.catalog not in catalogs:
        return replace(found, health=NOTE, state="its catalog is not listed: no callout reaches us")
    policies = [row for row in catalogs[there.catalog].policies if _of(row) == identifier]
    if not policies:
        return replace(found, policies=0, health=NOTE, state="has no policy: nobody can get it")
    return replace(found, policies=len(policies), state="in step")


def _of(policy: Mapping[str, object]) -> str:
    package = policy.get("accessPackage")
    return str(package.get("id")).lower() if isinstance(package, Mapping) else ""


class _Told:
    """What the job has told of groups, by each of their names."""

    def __init__(self, facts: Facts) -> None:
        swept = facts.swept
        self._looked = swept is not None
        self._problems = swept.problems if swept else ()
        self._records: dict[tuple[str, str], list[Record]] = {}
        for record in swept.of("group") if swept else ():
            for name in _names(record):
                self._records.setdefault(name, []).append(record)
        moves = swept.moves if swept else ()
        self._moves = Counter((str(move.get("group")), _action(move)) for move in moves)
        self._stays = Counter(str(row.get("group")) for row in (swept.unexplained if swept else ()))

    def record(self, name: GroupName) -> Record | None:
        """The record of the one group with that name."""
        found = [
            record
            for record in self._records.get((name.form, name.key), ())
            if not name.domain or fold(str(record.get("domain") or name.domain)) == name.domain
        ]
        return found[0] if len(found) == 1 else None

    def group(self, key: str, name: GroupName, record: Record | None) -> Group:
        """The group of that name, as far as it is known."""
        if record is None:
            if not self._looked:
                return Group(key, str(name))
            return Group(key, str(name), health=PROBLEM, state=self._why_not(name))
        guid = str(record["group"])
        adds, removes, withheld = (self._moves[guid, action] for action in ("add", "remove", "withheld"))
        group = Group(
            key,
            str(record.get("name") or name),
            guid=guid,
            domain=str(record.get("domain") or ""),
            mode=str(record.get("mode") or ""),
            members=int(record.get("members") or 0),
            adds=adds,
            removes=removes,
            withheld=withheld,
            unexplained=self._stays[guid],
        )
        return replace(group, health=_health(group), state=_state(group))

    def _why_not(self, name: GroupName) -> str:
        """The sentence of the job about a group that it left alone."""
        about = (problem for problem in self._problems if f"'{name}'" in problem or f"group {name} " in problem)
        return next(about, "was left alone, see the problems")


def _names(record: Record) -> Iterable[tuple[str, str]]:
    yield "account", fold(str(record.get("name") or ""))
    yield "guid", str(record.get("group") or "").lower()
    if record.get("sid"):
        yield "sid", str(record["sid"]).upper()
    if record.get("dn"):
        yield "dn", canonical_dn(str(record["dn"]))


def _action(move: Record) -> str:
    return "withheld" if move.get("withheld") else str(move.get("action"))


def _health(group: Group) -> str:
    if group.withheld:
        return PROBLEM
    if group.adds or group.removes:
        return DRIFT
    return NOTE if group.unexplained else OK


def _state(group: Group) -> str:
    counts = (
        (group.adds, "to add"),
        (group.removes, "to remove"),
        (group.withheld, "withheld"),
        (group.unexplained, "unexplained"),
    )
    return ", ".join(f"{count} {word}" for count, word in counts if count) or HEALTH[OK]
