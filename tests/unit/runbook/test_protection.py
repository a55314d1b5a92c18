from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runbook.group_name import parse_group_name
from runbook.membership import Account
from runbook.protection import why_group_is_protected, why_person_is_protected
from runbook.safety import Safety
from tests.unit.runbook.standins import DOMAIN_SID, PERSON_SID, group, person

DENIED = ["Payroll", "LAB\\payroll", "CN=Payroll,OU=Groups,DC=lab,DC=example", f"{DOMAIN_SID}-2000", group("x").guid]


@pytest.mark.parametrize("text", DENIED)
def test_the_deny_list_works_in_every_form(text: str) -> None:
    assert "protected_groups" in why_group_is_protected(group("Payroll"), Safety((parse_group_name(text),)))
    assert why_group_is_protected(group("Payrolls", 2001), Safety((parse_group_name(text),))) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rid": 512}, "built-in"),
        ({"rid": 513}, "built-in"),
        ({"rid": 999}, "built-in"),
        ({"sid": "S-1-5-32-544"}, "built-in"),
        ({"sid": "S-1-5-32-1001"}, "built-in"),
        ({"admin_count": True}, "adminCount=1"),
        ({"cloud_owned": True}, "msDS-ObjectSoa"),
    ],
)
def test_privileged_groups_are_protected_by_what_they_are(changes: dict[str, Any], reason: str) -> None:
    assert reason in why_group_is_protected(group("Harmless", **changes), Safety())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"admin_count": True}, "adminCount=1"),
        ({"sid": f"{DOMAIN_SID}-500"}, "built-in"),
        ({"sid": f"{DOMAIN_SID}-7777"}, "protected_users"),
    ],
)
def test_privileged_people_are_protected(changes: dict[str, Any], reason: str) -> None:
    account = Account(**{"sid": PERSON_SID, "name": "ada", **changes})

    assert reason in why_person_is_protected(person(**changes), frozenset({f"{DOMAIN_SID}-7777"}))
    assert reason in why_person_is_protected(account, frozenset({f"{DOMAIN_SID}-7777"}))


def test_everybody_else_is_not() -> None:
    assert why_group_is_protected(group("Any", 1000), Safety()) == ""
    assert why_person_is_protected(person(), frozenset({f"{PERSON_SID}0"})) == ""
    assert why_person_is_protected(Account(PERSON_SID, "ada"), frozenset()) == ""


def test_a_distribution_group_is_left_alone_unless_the_switch_says_otherwise() -> None:
    mailing_list = replace(group("Everybody"), security=False)

    assert "distribution_groups" in why_group_is_protected(mailing_list, Safety())
    assert why_group_is_protected(mailing_list, Safety(distribution_groups=True)) == ""
    assert "adminCount" in why_group_is_protected(replace(mailing_list, admin_count=True), Safety())
