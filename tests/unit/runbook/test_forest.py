from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from runbook.directory import Answer, Change, Group, Person
from runbook.forest import Domain, Forest
from runbook.group_name import GroupName, parse_group_name
from runbook.membership import Account, Members
from runbook.outcome import Failed, Refused
from tests.unit.runbook.standins import group

LAB, CORP, FAR = "S-1-5-21-1-1-1", "S-1-5-21-2-2-2", "S-1-5-21-3-3-3"
ADA = f"{LAB}-1104"
HERE, THERE, AWAY = (
    replace(group("Team", 2000 + number, sid=f"{sid}-2000"), domain=name)
    for number, (name, sid) in enumerate((("lab", LAB), ("corp", CORP), ("far", FAR)))
)


class Place:
    """An `LdapDomain` that notes what it is asked. `dn` is the DN that it knows of everybody, or what it raises."""

    def __init__(self, name: str, own: Group, dn: str | Failed = "CN=Ada,DC=lab") -> None:
        self.server = f"ldaps://{name}"
        self.asked: list[tuple[Any, ...]] = []
        self._own = own
        self._dn = dn

    def person(self, sid: str) -> Person:
        return Person(sid, frozenset({self._own.guid}), f"{sid}-513")

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        self.asked.append(("groups", *sorted(map(str, names)), *guids))
        return (self._own,)

    def groups_with(self, sid: str, dn: str = "") -> frozenset[str]:
        self.asked.append(("groups_with", sid, dn))
        return frozenset({self._own.guid})

    def dn_of(self, sid: str) -> str:
        self.asked.append(("dn_of", sid))
        if isinstance(self._dn, Failed):
            raise self._dn
        return self._dn

    def expect(self, groups: Iterable[Group]) -> None:
        self.asked.append(("expect", *groups))

    def members(self, wanted: Group) -> Members:
        assert wanted is self._own
        return Members(frozenset({ADA}))

    def accounts(self, sids: frozenset[str]) -> dict[str, Account]:
        self.asked.append(("accounts", *sorted(sids)))
        return {sid: Account(sid, self.server) for sid in sids}

    def write_values(self, wanted: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        self.asked.append(("write", wanted, add, remove))
        return Answer("done")

    def close(self) -> None:
        self.asked.append(("close",))


def forest(dn: str | Failed = "CN=Ada,DC=lab") -> tuple[Forest, dict[str, Any]]:
    """LAB and CORP of one forest, FAR of another."""
    places: dict[str, Any] = {"lab": Place("lab", HERE, dn), "corp": Place("corp", THERE), "far": Place("far", AWAY)}
    sids = {"lab": (LAB, "dc=lab"), "corp": (CORP, "dc=lab"), "far": (FAR, "dc=far")}
    return Forest(tuple(Domain(name, *sids[name], place) for name, place in places.items())), places


def test_a_person_is_in_groups_of_every_domain() -> None:
    asked, places = forest()

    assert asked.person(ADA).member_of == {HERE.guid, THERE.guid, AWAY.guid}
    assert places["corp"].asked == [("groups_with", ADA, "CN=Ada,DC=lab")]
    assert places["far"].asked == [("groups_with", ADA, "")]


@pytest.mark.parametrize("dn", ["", Failed("AD: busy")])
def test_a_person_who_cannot_be_named_in_another_domain_is_not_in_none_of_its_groups(dn: str | Failed) -> None:
    with pytest.raises(Failed, match=r"disappeared|busy"):
        forest(dn)[0].person(ADA)


def test_a_person_of_no_domain_is_refused() -> None:
    asked, places = forest()

    with pytest.raises(Refused, match="none of the domains LAB, CORP, FAR; add its domain to other_directories"):
        asked.person("S-1-5-21-9-9-9-1")
    assert all(place.asked == [] for place in places.values())


def test_names_go_to_their_domain_and_the_rest_to_all() -> None:
    asked, places = forest()
    names = frozenset(map(parse_group_name, ("Team", "corp\\Other", "NOWHERE\\Team", "CN=x,DC=y")))

    assert asked.groups(names, frozenset()) == (HERE, THERE, AWAY)
    assert {name: place.asked for name, place in places.items()} == {
        "lab": [("groups", "CN=x,DC=y", "Team")],
        "corp": [("groups", "CN=x,DC=y", "corp\\Other")],
        "far": [("groups", "CN=x,DC=y")],
    }


def test_a_domain_of_which_nothing_is_wanted_is_not_asked() -> None:
    asked, places = forest()

    assert asked.groups(frozenset({parse_group_name("Team")}), frozenset()) == (HERE,)
    assert places["corp"].asked == places["far"].asked == []


def test_members_are_named_by_sid_or_within_a_forest_by_dn() -> None:
    asked, places = forest()
    eve = f"{CORP}-1200"

    assert asked.write(HERE, (ADA,), ()).kind == "done"
    assert asked.write(THERE, (ADA, eve), ()).kind == "done"
    assert asked.write(AWAY, (), (ADA, f"{FAR}-1")).kind == "done"
    assert asked.change(Change(AWAY, add=True), "S-1-5-21-9-9-9-1").kind == "done"
    written = [each for place in places.values() for each in place.asked if each[0] == "write"]
    assert written == [
        ("write", HERE, (f"<SID={ADA}>",), ()),
        ("write", THERE, ("CN=Ada,DC=lab", f"<SID={eve}>"), ()),
        ("write", AWAY, (), (f"<SID={ADA}>", f"<SID={FAR}-1>")),
        ("write", AWAY, ("<SID=S-1-5-21-9-9-9-1>",), ()),
    ]


def test_one_whose_name_is_not_told_is_not_written() -> None:
    asked, places = forest(Failed("AD: busy"))

    assert asked.write(THERE, (ADA,), ()) == Answer("declined", "AD: busy")
    assert places["corp"].asked == []


def test_one_who_is_gone_leaves_by_sid() -> None:
    asked, places = forest("")

    assert asked.write(THERE, (), (ADA,)).kind == "done"
    assert places["corp"].asked == [("write", THERE, (), (f"<SID={ADA}>",))]


def test_everything_else_goes_where_it_belongs() -> None:
    asked, places = forest()
    asked.expect(iter((AWAY, HERE)))
    known = asked.accounts(frozenset({ADA, f"{FAR}-7", "S-1-5-21-9-9-9-1"}))

    assert asked.server == "ldaps://lab"
    assert asked.members(THERE).sids == {ADA}
    assert {sid: account.name for sid, account in known.items()} == {ADA: "ldaps://lab", f"{FAR}-7": "ldaps://far"}
    assert places["lab"].asked == [("expect", HERE), ("accounts", ADA)]
    assert places["far"].asked == [("expect", AWAY), ("accounts", f"{FAR}-7")]


def test_closing_ends_every_connection() -> None:
    asked, places = forest()
    asked.close()

    assert all(place.asked == [("close",)] for place in places.values())


def test_one_domain_twice_is_an_error() -> None:
    place: Any = Place("lab", HERE)

    with pytest.raises(Failed, match="remove one of other_directories"):
        Forest((Domain("lab", LAB, "dc=lab", place), Domain("corp", LAB, "dc=lab", place)))
