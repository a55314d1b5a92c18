from __future__ import annotations

import pytest

from runbook.directory import Change
from runbook.group_name import parse_group_name
from tests.unit.runbook.standins import group, person


@pytest.mark.parametrize(
    "text",
    [
        "finance (A) & Co",
        "LAB\\Finance (a) & Co",
        "cn=Finance \\28A\\29 & Co, ou=groups, dc=lab, dc=example",
        "{AAAAAAAA-0000-4000-8000-000000002000}",
        "s-1-5-21-1-2-3-2000",
    ],
)
def test_a_group_answers_to_every_form_of_its_name(text: str) -> None:
    name = parse_group_name(text)

    assert (name.form, name.key) in group("Finance (A) & Co").names()


def test_a_change_knows_whether_it_is_still_wanted() -> None:
    one = group("One")

    assert Change(one, add=True).wanted(person(one))
    assert not Change(one, add=True).wanted(person())
    assert Change(one, add=False).wanted(person())
    assert not Change(one, add=False).wanted(person(one))
