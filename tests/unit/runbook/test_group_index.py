from __future__ import annotations

from dataclasses import replace

import pytest

from runbook.directory import Group
from runbook.group_index import GroupIndex, locked_guids
from runbook.group_name import parse_group_name
from tests.unit.runbook.standins import group

ONE, TWO = group("One"), group("Two", 2009)
OTHER = "12345678-1234-1234-1234-123456789012"


def doubt(name: str, *found: Group, **locks: str) -> str:
    pins = [(parse_group_name(each.replace("__", "\\")), guid) for each, guid in locks.items()]
    return GroupIndex(found, "LAB", pins).doubt(parse_group_name(name))


@pytest.mark.parametrize("name", ["One", "LAB\\one", "lab\\One"])
@pytest.mark.parametrize("pin", ["one", "LAB__ONE"])
def test_a_name_that_still_means_the_locked_group_is_no_doubt(name: str, pin: str) -> None:
    assert doubt(name, ONE, TWO, **{pin: ONE.guid}) == ""


def test_a_name_without_a_lock_means_whatever_has_it() -> None:
    assert doubt("One", ONE, Two=OTHER) == ""


def test_a_group_that_was_made_anew_is_told_with_what_to_do() -> None:
    said = doubt("One", ONE, One=OTHER)

    assert said.startswith(f"group 'One' is another one than the mapping was locked to ({OTHER}): it was made anew, or")
    assert said.endswith("look at it in AD, then run 'lockstep mapping lock' and 'lockstep apply'")


def test_a_group_that_took_the_name_of_the_locked_one_is_told_with_both() -> None:
    assert f"; the locked one is '{TWO.dn}' now; look" in doubt("One", ONE, TWO, One=TWO.guid)


def test_a_group_that_was_renamed_is_found_by_its_guid() -> None:
    said = doubt("One", TWO, One=TWO.guid)

    assert said.startswith(f"group 'One' was renamed; the locked one is '{TWO.dn}' now; write its new name")


def test_a_group_that_is_gone_is_not_there() -> None:
    assert "group 'One' does not exist in AD any more" in doubt("One", TWO, One=OTHER)


def test_a_group_of_another_domain_is_not_the_one_of_that_name_here() -> None:
    there = replace(group("One", 2010), domain="emea")

    index = GroupIndex((ONE, there), "LAB")

    assert index.named(parse_group_name("One")) == {ONE}
    assert index.named(parse_group_name("EMEA\\One")) == {there}
    assert doubt("EMEA\\One", ONE, there, EMEA__One=there.guid) == ""
    assert "another one" in doubt("EMEA\\One", ONE, there, EMEA__One=ONE.guid)


def test_locked_groups_are_searched_by_guid_only_for_the_names_asked() -> None:
    locks = [(parse_group_name("one"), ONE.guid), (parse_group_name("Two"), TWO.guid)]

    assert locked_guids([parse_group_name("One"), parse_group_name("X")], locks) == {ONE.guid}
