from __future__ import annotations

import pytest

from runbook.group_name import GroupName, GroupNameInvalid, parse_group_name

GUID = "1F2E3D4C-0000-4000-8000-ABCDEFABCDEF"
FORMS = [
    ("Group_A", ("account", "group_a", "")),
    ("Café (Köln) #1", ("account", "café (köln) #1", "")),
    ("LAB\\Group_A", ("account", "group_a", "lab")),
    (GUID, ("guid", GUID.lower(), "")),
    ("{" + GUID + "}", ("guid", GUID.lower(), "")),
    ("s-1-5-21-1-2-3-1104", ("sid", "S-1-5-21-1-2-3-1104", "")),
    ("CN=Group A,OU=x,DC=lab", ("dn", "cn=group a,ou=x,dc=lab", "")),
]
BROKEN = [
    ("", "is empty"),
    ("   ", "is empty"),
    (" Group_A", "blank"),
    ("a*b", "'*'"),
    ("a,b", "','"),
    ("a\\b\\c", "'\\\\'"),
    ("\\Group_A", "not a group name"),
    ("LAB\\", "not a group name"),
    ("a\tb", "'\\t'"),
    ("a=b,", "distinguished name"),
    ("x" * 257, "not a group name"),
    ("\ud800", "surrogate"),
]


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_each_form_is_told_apart_and_folded(text: str, expected: tuple[str, str, str]) -> None:
    name = parse_group_name(text)

    assert (name.form, name.key, name.domain) == expected
    assert str(name) == text


@pytest.mark.parametrize(("text", "reason"), BROKEN)
def test_what_names_no_group_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(GroupNameInvalid) as refusal:
        parse_group_name(text)

    assert reason in str(refusal.value)


def test_composed_and_decomposed_letters_name_one_group() -> None:
    names: list[GroupName] = [parse_group_name(text) for text in ("Caf\u00e9", "CAFE\u0301")]

    assert names[0].key == names[1].key


@pytest.mark.parametrize("text", ["S-1-5-21-1-2-3-4294967296", "S-1-999999999999999-1"])
def test_a_sid_with_a_number_that_no_sid_can_have_is_refused(text: str) -> None:
    with pytest.raises(GroupNameInvalid, match="too large"):
        parse_group_name(text)


def test_the_largest_numbers_of_a_sid_are_taken() -> None:
    assert parse_group_name("S-1-281474976710655-4294967295").form == "sid"
