"""Why somebody is in a group, or is not: one verdict for every case."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from provision.explain import table
from provision.explain.held import Held, Holder
from provision.explain.joining import explained
from provision.explain.membership import Membership, Seen, seen
from runbook.group_name import parse_group_name

PACKAGE, OTHER = "package a", "package b"
LIVE = Held("1", PACKAGE, "Analyst", "Everybody", "delivered", "2026-01-01T08:00:00Z", "2027-01-01T08:00:00Z")
SECOND = Held("2", OTHER, "Manager", "Bosses", "delivering", "2026-02-01T08:00:00Z")
OVER = replace(LIVE, assignment="3", state="expired", until="2026-03-01T08:00:00Z")
GROUP = Membership(
    "aaaaaaaa-0000-4000-8000-000000000001",
    "Finance",
    "CN=Finance,DC=lab",
    "S-1-5-21-1-2-3-2001",
    member="direct",
    managed=True,
    packages=(PACKAGE, OTHER),
    mode="authoritative",
)
LACKED = replace(GROUP, member="")


def changed(group: Membership = GROUP, **more: Any) -> Membership:
    return replace(group, **more)


@pytest.mark.parametrize(
    ("group", "held", "kind", "said"),
    [
        (GROUP, [LIVE], "assignment", "explained by an assignment"),
        (GROUP, [LIVE, OVER], "assignment", "explained by an assignment"),
        (GROUP, [LIVE, SECOND], "several", "explained by 2 assignments"),
        (GROUP, [], "by_hand", "made by hand: no assignment explains it; leaves"),
        (GROUP, [OVER], "ended", "the assignment that gave it has ended; leaves"),
        (
            changed(mode="managed"),
            [],
            "stays",
            "made by hand: no assignment explains it; stays because of mode managed",
        ),
        (changed(mode="managed"), [OVER], "ended", "has ended; leaves"),
        (changed(mode="additive"), [], "stays", "stays because of mode additive"),
        (changed(mode="additive"), [OVER], "stays", "has ended; stays because of mode additive"),
        (changed(protected="is privileged"), [], "stays", "stays because the group is privileged"),
        (changed(packages=(), retired=True), [], "retired", "the next sweep empties it"),
        (changed(packages=(), retired=True, mode="additive"), [], "stays", "stays because of mode additive"),
        (LACKED, [LIVE], "missing", "should be a member and is not yet"),
        (changed(LACKED, protected="is a built-in group"), [LIVE], "missing", "the group is a built-in group"),
        (changed(member="nested", via=("Team", "All")), [LIVE], "missing", "is one only through Team"),
        (changed(member="nested", via=("Team", "All")), [], "nested", "comes with Team"),
        (changed(member="primary"), [], "stays", "primary group"),
        (changed(LACKED, doubt="group 'Finance' fits 2 groups"), [LIVE], "unknown", "fits 2 groups"),
    ],
)
def test_every_case_of_a_managed_group_has_its_verdict(
    group: Membership, held: list[Held], kind: str, said: str
) -> None:
    (one,) = explained(held, Seen((group,)))

    assert one.verdict.kind == kind
    assert said in one.verdict.said


def test_somebody_who_is_not_in_ad_is_pending() -> None:
    (one,) = explained([LIVE], Seen((LACKED,), absent="AD has no account"))

    assert (one.verdict.kind, one.verdict.said) == ("pending", "should be a member, and is not in AD yet")


def test_nobody_touches_the_groups_of_a_protected_account() -> None:
    found = Seen((GROUP,), protected="is in the list protected_users")

    assert explained([], found)[0].verdict.said.endswith("stays because the account is in the list protected_users")
    assert explained([LIVE], found)[0].verdict.kind == "assignment"


def test_only_what_the_person_is_in_or_should_be_in_is_listed_unless_a_group_is_named() -> None:
    foreign = Membership("g2", "Staff", member="nested", via=("Team",), sid="S-1-5-21-1-2-3-2002", dn="CN=Staff,DC=lab")
    elsewhere = changed(LACKED, guid="g3", name="Engineering", packages=("package c",))
    found = Seen((GROUP, foreign, elsewhere))

    def kinds(name: str | None) -> list[tuple[str, str]]:
        groups = explained([LIVE], found, parse_group_name(name) if name else None)
        return [(one.group.name, one.verdict.kind) for one in groups]

    assert kinds(None) == [("Finance", "assignment")]
    assert kinds("staff") == [("Staff", "unmanaged")]
    assert kinds("Engineering") == [("Engineering", "none")]
    assert kinds("Nowhere") == []


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("FINANCE", True),
        ("LAB\\finance", True),
        ("EMEA\\finance", False),
        ("cn=finance, dc=LAB", True),
        ("CN=Finance,DC=emea", False),
        ("{AAAAAAAA-0000-4000-8000-000000000001}", True),
        ("S-1-5-21-1-2-3-2001", True),
        ("S-1-5-21-1-2-3-2002", False),
    ],
)
def test_a_group_goes_by_each_of_its_names(name: str, fits: bool) -> None:  # noqa: FBT001 - a parameter
    assert changed(domain="lab").is_called(parse_group_name(name)) == fits


def test_a_group_that_ad_does_not_have_goes_by_the_name_in_the_mapping() -> None:
    lost = Membership("", "LAB\\Lost", managed=True, doubt="group 'LAB\\Lost' does not exist")

    assert lost.is_called(parse_group_name("LAB\\Lost"))
    assert not lost.is_called(parse_group_name("LAB\\Other"))


def test_what_the_job_tells_is_read() -> None:
    about = {"name": "Finance", "dn": "d", "sid": "s", "domain": "lab", "packages": ["A"], "mode": "managed"}
    records: list[dict[str, Any]] = [
        {"kind": "holds", "group": "g1", **about, "managed": True, "direct": True, "via": []},
        {"kind": "holds", "group": "g2", "name": "All", "direct": False, "via": ["Finance"], "managed": False},
        {"kind": "holds", "group": "g3", "name": "Domain Users", "direct": True, "primary": True, "managed": False},
        {"kind": "lacks", "group": "", "name": "Lost", "packages": ["b"], "doubt": "gone"},
        {"kind": "omitted", "count": 3},
    ]

    found = seen(records, {"account": "S-1", "protected": "is privileged"})

    assert [(one.name, one.member, one.managed, one.via) for one in found.groups] == [
        ("Finance", "direct", True, ()),
        ("All", "nested", False, ("Finance",)),
        ("Domain Users", "primary", False, ()),
        ("Lost", "", True, ()),
    ]
    assert (found.groups[0].packages, found.groups[3].doubt) == (("a",), "gone")
    assert (found.account, found.absent, found.protected) == ("S-1", "", "is privileged")


def test_the_table_has_a_line_for_each_assignment() -> None:
    nested = changed(guid="g2", name="All", member="nested", via=("Team", "Unit"), packages=())
    groups = explained([LIVE, SECOND], Seen((GROUP, nested)))

    rows = table.rows(groups)

    assert [len(row) for row in rows] == [len(table.COLUMNS)] * 3
    assert rows[0][:6] == ("All", "nested via Team > Unit", "-", "-", "-", "-")
    assert rows[1][:7] == (
        *("Finance", "direct", "Analyst", "Everybody", "delivered"),
        *("2026-01-01 08:00", "2027-01-01 08:00"),
    )
    assert rows[2][2:7] == ("Manager", "Bosses", "delivering", "2026-02-01 08:00", "-")


def test_scripts_get_the_same() -> None:
    groups = explained([LIVE], Seen((GROUP,)))

    told = json.loads(
        table.machine("test", Holder("u", "", (LIVE,)), Seen((GROUP,), account="S-1"), groups, "job", ["x"])
    )

    assert told["user"] == {"id": "u", "name": None}
    assert told["account"] == {"sid": "S-1", "absent": None, "protected": None}
    assert told["problems"] == ["x"]
    (group,) = told["groups"]
    assert (group["group"]["name"], group["member"], group["verdict"]) == ("Finance", "direct", "assignment")
    assert group["assignments"][0]["package"] == {"id": PACKAGE, "name": "Analyst"}
