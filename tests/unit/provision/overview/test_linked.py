"""Packages, groups and what is left over: how each fares, and where it stands in the picture."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from provision.kinds.settings import settings
from provision.overview.facts import Facts
from provision.overview.leftovers import leftovers
from provision.overview.linked import links
from provision.overview.listing import groups
from provision.overview.people import People
from provision.overview.picture import BOX_WIDTH, LONGEST_LABEL, WIDTH, picture
from provision.overview.rules import rules
from runbook.mapping import parse_mapping
from tests.fakes import guid
from tests.sample import environment, looked_at, provisioned
from tests.unit.provision.overview.worlds import facts, identifier, large, small, swept

GROUP = {"kind": "group", "name": "Team", "dn": "CN=Team,DC=lab", "domain": "lab", "mode": "managed", "members": 3}


def mapped(*groups: str, retired: tuple[str, ...] = (), package: int = 0) -> Facts:
    """One package that gives these groups, and a sweep that has told of one group."""
    document = {
        "AccessPackages": [{"AccessPackageID": identifier(package), "ADGroups": list(groups)}],
        "RetiredGroups": list(retired),
    }
    record = {**GROUP, "group": identifier(1, "a"), "sid": "S-1-5-21-1-2-3-2001"}
    problem = "group 'Lost' does not exist in AD; correct the mapping or create the group"
    return facts(
        parse_mapping(json.dumps(document), "map.json"), {0: "Analyst"}, swept([record], {}, problems=[problem])
    )


@pytest.mark.parametrize("name", ["team", "LAB\\Team", "cn=team, dc=lab", identifier(1, "a"), "S-1-5-21-1-2-3-2001"])
def test_a_group_is_found_by_each_of_its_names(name: str) -> None:
    (group,) = links(mapped(name)).groups

    assert (group.name, group.members, group.mode, group.health) == ("Team", 3, "managed", "ok")


def test_two_names_of_one_group_are_one_group() -> None:
    found = links(mapped("Team", "LAB\\TEAM", identifier(1, "a")))

    assert len(found.groups) == 1
    assert found.packages[0].groups == (found.groups[0].key,)


@pytest.mark.parametrize(
    ("name", "said"), [("Lost", "does not exist in AD"), ("EMEA\\Team", "was left alone")], ids=["lost", "foreign"]
)
def test_a_group_that_the_sweep_left_alone_needs_somebody(name: str, said: str) -> None:
    (group,) = links(mapped(name)).groups

    assert group.health == "problem"
    assert said in group.state


def test_a_retired_group_is_given_by_nobody() -> None:
    found = links(mapped("Team", retired=("Old",)))

    assert [(group.name, group.packages) for group in found.groups] == [("Team", ("p0",)), ("Old", ())]


def test_counts_are_of_each_group_and_the_worst_of_them_is_told() -> None:
    found = {group.name: group for group in links(large(20, 30, 900)).groups}

    assert any(group.health == "problem" and group.withheld for group in found.values())
    assert all("withheld" in group.state for group in found.values() if group.withheld)
    total = sum(group.adds + group.removes + group.withheld for group in found.values())
    assert total == 900


@pytest.mark.parametrize(
    ("change", "health", "said"),
    [
        ({"packages": {}}, "problem", "does not exist in Entra"),
        ({"catalogs": ()}, "note", "catalog is not listed"),
        ({"policies": ()}, "note", "has no policy"),
        ({}, "ok", "in step"),
    ],
    ids=["gone", "unlisted", "no policy", "fine"],
)
def test_a_package_says_what_is_the_matter_with_it(change: dict[str, object], health: str, said: str) -> None:
    world = mapped("Team")
    inventory = world.inventory
    if "catalogs" in change:
        inventory = replace(inventory, catalogs=())
    if "policies" in change:
        inventory = replace(inventory, catalogs=(replace(inventory.catalogs[0], policies=()),))
    world = replace(world, inventory=inventory)
    world = replace(world, packages={}) if "packages" in change else world

    (package,) = links(world).packages

    assert package.health == health
    assert said in package.state


def test_nothing_is_left_over_where_everything_fits() -> None:
    assert leftovers(small()).rows == ()


def test_what_is_left_over_is_told_with_what_to_do() -> None:
    world = mapped("Team", package=7)
    deployed = parse_mapping(
        json.dumps({"AccessPackages": [{"AccessPackageID": identifier(7), "ADGroups": ["Team", "Former"]}]}), "map"
    )
    unmapped = replace(world.inventory.catalogs[0], packages={identifier(9): "New one"})
    world = replace(world, deployed=deployed, inventory=replace(world.inventory, catalogs=(unmapped,)))

    rows = [(row[0].text, row[1].text, row[3].text) for row in leftovers(world).rows]

    assert rows == [
        ("AD group", "Former", "add it to RetiredGroups, and a sweep empties it"),
        ("access package", identifier(7), "take it out of the mapping"),
        ("access package", "New one", "nothing, unless it should give one"),
    ]


def test_a_catalog_that_is_listed_no_more_leaves_its_parts_over() -> None:
    azure = provisioned()
    world = replace(small(), inventory=looked_at(azure, catalogs=["Finance"]), packages={}, deployed=None)

    rows = [(row[0].text, row[2].text) for row in leftovers(world).rows if row[0].text != "access package"]

    why = "catalog Engineering is not listed in the environment file"
    assert rows == [("Logic App", why), ("custom extension", why)]
    assert guid("p1") not in str(rows)


def test_rules_in_force_stand_beside_those_of_the_file() -> None:
    world = small()
    value = settings(environment(safety={"mode": "managed", "budgets": {"run": {"count": 3}}}), "", {})
    variable = {**world.inventory.variables[0]}
    variable["properties"] = {**variable["properties"], "value": json.dumps(value)}
    found = replace(world.inventory, variables=(variable,))

    rows = {row[0].text: (row[1].text, row[1].mark, row[2].text) for row in rules(found).rows}

    assert rows["mode"] == ("managed", "note", "authoritative")
    assert rows["removals per run"][0] == "at most 3, at most 10 % of 50 or more"
    assert rows["removals per user"] == ("no limit", "", "no limit")


def test_without_a_deployment_the_rules_say_so() -> None:
    found = replace(small().inventory, variables=())

    assert {row[1].text for row in rules(found).rows} == {"nothing is deployed yet"}


def test_every_package_is_joined_with_its_groups_by_a_line() -> None:
    world = large(20, 30, 10)
    joined = links(world)

    drawn = picture(joined)

    assert {(line.package, line.group) for line in drawn.lines} == {
        (package.key, key) for package in joined.packages for key in package.groups
    }
    assert len(drawn.packages) == 20
    assert len(drawn.groups) == 30
    for column in (drawn.packages, drawn.groups):
        tops = [box.y for box in column]
        assert tops == sorted(tops)
        assert all(below - above >= 32 for above, below in itertools.pairwise(tops))
        assert tops[-1] < drawn.height
    assert all(box.x > 0 and box.x + BOX_WIDTH < WIDTH for box in (*drawn.packages, *drawn.groups))


def test_what_belongs_together_stands_side_by_side() -> None:
    packages = [{"AccessPackageID": identifier(n), "ADGroups": [f"G{(n * 7) % 20:02}"]} for n in range(20)]
    mapping = parse_mapping(json.dumps({"AccessPackages": packages}), "map.json")
    world = facts(mapping, {n: f"P{n:02}" for n in range(20)}, None)

    drawn = picture(links(world))

    places = {box.key: number for column in (drawn.packages, drawn.groups) for number, box in enumerate(column)}
    assert all(places[line.package] == places[line.group] for line in drawn.lines)


def test_a_long_name_is_cut_in_its_box_and_whole_in_its_title() -> None:
    name = "x" * 100
    (box,) = picture(links(mapped(name))).groups

    assert len(box.label) == LONGEST_LABEL
    assert box.title.startswith(name)


def test_domains_are_shown_where_there_are_several() -> None:
    one = links(mapped("Team"))
    other = replace(one.groups[0], key="g9", name="Far", domain="emea")

    assert "domain" not in groups(one).columns
    assert "domain" in groups(replace(one, groups=(*one.groups, other))).columns


def test_a_person_is_called_the_same_in_every_row() -> None:
    world = small()
    assert world.swept
    known = next(move for move in world.swept.moves if move["action"] == "add")
    by_hand = {**known, "action": "remove", "user": "", "who": "somebody", "why": "unexplained", "package": ""}
    world = replace(world, swept=swept([*world.swept.records, by_hand], {}))

    rows = People(world, links(world)).drift().rows

    assert [row[0].text for row in rows] == [*["person.0001@lab.example"] * 2, "person.0002@lab.example"]
