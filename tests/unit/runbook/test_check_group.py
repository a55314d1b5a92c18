from __future__ import annotations

import json
from dataclasses import replace

import pytest

from runbook.check_group import group_checks
from runbook.check_line import Check
from runbook.directory import Group
from runbook.directory_facts import GroupFacts
from runbook.group_name import parse_group_name
from runbook.safety import Safety
from runbook.settings import Settings, read_settings
from tests.unit.runbook.standins import group
from tests.unit.runbook.test_job import SETTINGS

ONE = replace(group("One"), scope="global")
LIST = replace(ONE, security=False, scope="universal")


def the_settings(*protected: str, user: str = "svc@lab.example") -> Settings:
    read = read_settings(json.dumps(SETTINGS), "s")
    directory = replace(read.directory, user=user)
    return replace(read, directory=directory, safety=Safety(protected_groups=tuple(map(parse_group_name, protected))))


def facts(of: Group = ONE, *, writable: bool | None = True) -> GroupFacts:
    return GroupFacts(of, writable)


def judged(*found: GroupFacts, name: str = "One", settings: Settings | None = None) -> Check:
    (check,) = group_checks([parse_group_name(name)], found, settings or the_settings())
    return check


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("global", "security group, global"),
        ("domain local", "security group, domain local"),
        ("", "its type is not readable"),
    ],
)
def test_a_group_that_will_do_says_what_it_is(scope: str, said: str) -> None:
    check = judged(facts(replace(ONE, scope=scope)))

    assert (check.subject, check.state, check.fix) == ("group One", "ok", "")
    assert said in check.said


@pytest.mark.parametrize(
    ("found", "state", "said", "fix"),
    [
        ((), "fail", "does not exist in AD", "correct the mapping or create the group"),
        ((facts(), facts(group("one", 2009))), "fail", "fits 2 groups", "name it by its SID or GUID"),
        ((facts(group("One", admin_count=True)),), "fail", "privileged (adminCount=1)", "take it out of the mapping"),
        ((facts(group("One", cloud_owned=True)),), "fail", "owned by Entra", "take it out of the mapping"),
        ((facts(group("One", sid="S-1-5-32-544")),), "fail", "built-in", "take it out of the mapping"),
        ((facts(writable=None),), "warn", "the server does not tell", "try one access package"),
        ((facts(LIST),), "fail", "distribution group, universal", "take it out of the mapping"),
        (
            (facts(writable=False),),
            "fail",
            "svc@lab.example may not change its members",
            'dsacls "CN=One,OU=Groups,DC=lab,DC=example" /G "svc@lab.example:WP;member"',
        ),
    ],
)
def test_a_group_that_will_not_do_says_why_and_what_to_do(
    found: tuple[GroupFacts, ...], state: str, said: str, fix: str
) -> None:
    check = judged(*found)

    assert check.state == state
    assert said in check.said
    assert fix in check.fix


def test_a_distribution_group_that_is_allowed_gives_no_rights() -> None:
    allowed = replace(the_settings(), safety=Safety(distribution_groups=True))

    check = judged(facts(LIST), settings=allowed)

    assert (check.state, check.fix) == ("warn", "it gives no rights; map a security group")


def test_the_deny_list_and_other_domains_are_seen() -> None:
    assert "protected_groups" in judged(facts(), settings=the_settings("one")).said
    assert "of another domain" in judged(facts(), name="CORP\\One").said


@pytest.mark.parametrize(
    ("user", "account"),
    [("LAB\\svc", "LAB\\svc"), ("svc@lab.example", "svc@lab.example"), ("", "LAB\\ACCOUNT"), ("CN=s", "LAB\\ACCOUNT")],
)
def test_the_command_names_the_account(user: str, account: str) -> None:
    assert f'/G "{account}:WP;member"' in judged(facts(writable=False), settings=the_settings(user=user)).fix


def test_a_name_with_a_quote_makes_no_command() -> None:
    odd = replace(ONE, dn='CN=a\\" /R x,DC=lab')

    assert "dsacls" not in judged(facts(odd, writable=False)).fix


def test_the_worst_come_first_and_very_many_are_counted() -> None:
    groups = [group(f"G{number:03}", 3000 + number) for number in range(250)]
    found = [facts(each, writable=number != 249) for number, each in enumerate(groups)]

    checks = group_checks([parse_group_name(each.account) for each in groups], found, the_settings())

    assert len(checks) == 201
    assert (checks[0].subject, checks[0].state) == ("group G249", "fail")
    assert (checks[-1].subject, checks[-1].state, checks[-1].said) == ("50 more groups", "ok", "50 ok")


def test_when_all_fail_the_rest_fails_too() -> None:
    names = [parse_group_name(f"G{number}") for number in range(205)]

    last = group_checks(names, [], the_settings())[-1]

    assert (last.state, last.said) == ("fail", "5 fail")
    assert last.fix
