"""Why somebody is in a group, and one page about everything: the CLI against one sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import seed
from tests.end_to_end.scene import Scene
from tests.unit.provision.overview.reading import Read

ANALYST, MANAGER = seed.CATALOGS[0].packages
ADA, GRACE, NORA = seed.USERS[0], seed.USERS[1], seed.USERS[5]


@pytest.fixture
def deployed(scene: Scene) -> Scene:
    """Everything is deployed. Ada has one package, and Grace was put into a group by hand."""
    assert scene.type("apply", "--yes").code == 0
    scene.sandbox.assign_silently(ADA.account, ANALYST.name)
    scene.join(ADA.account, "Finance_Readers", "Finance_Reports")
    scene.join(GRACE.account, "Finance_Readers")
    return scene


def nest(scene: Scene, group: str, inside: str) -> None:
    """Puts one group into another, as somebody at a domain controller would."""
    store = scene.store
    inner, outer = (store.by_account(name) for name in (group, inside))
    assert inner is not None
    assert outer is not None
    store.set_members(outer, {*store.members(outer), inner.guid})


def explained(scene: Scene, *arguments: str) -> dict[str, dict[str, Any]]:
    """What the command tells scripts, by the group's name."""
    done = scene.type("explain", *arguments, "--json")
    assert done.code == 0, done
    return {group["group"]["name"]: group for group in json.loads(done.out)["groups"]}


def test_a_membership_is_explained_by_package_policy_and_time(deployed: Scene) -> None:
    groups = explained(deployed, "--user", f"{ADA.account}@{seed.DNS_DOMAIN}")

    assert {name: (group["member"], group["verdict"]) for name, group in groups.items()} == {
        "Finance_Readers": ("direct", "assignment"),
        "Finance_Reports": ("direct", "assignment"),
    }
    (assignment,) = groups["Finance_Readers"]["assignments"]
    assert assignment["package"] == {"id": ANALYST.package_id, "name": ANALYST.name}
    assert assignment["policy"]
    assert assignment["since"] < assignment["until"]

    table = deployed.type("explain", "--user", ADA.object_id)
    assert table.code == 0, table
    columns, *lines = table.out.splitlines()
    assert columns.split()[:3] == ["group", "member", "access"]
    assert len(lines) == 2
    assert all(ANALYST.name in line and "explained by an assignment" in line for line in lines)


def test_what_no_assignment_explains_is_told_as_made_by_hand(deployed: Scene) -> None:
    groups = explained(deployed, "--user", GRACE.object_id)

    assert groups["Finance_Readers"]["verdict"] == "by_hand"
    assert groups["Finance_Readers"]["assignments"] == []


def test_what_callouts_have_missed_is_told_as_ended_and_as_missing(deployed: Scene) -> None:
    deployed.sandbox.end_silently(ADA.account, ANALYST.name)
    deployed.sandbox.assign_silently(ADA.account, MANAGER.name)

    groups = explained(deployed, "--user", ADA.object_id)

    assert {name: group["verdict"] for name, group in groups.items()} == {
        "Finance_Readers": "assignment",
        "Finance_Reports": "ended",
        "Finance_Writers": "missing",
    }
    assert groups["Finance_Readers"]["assignments"][0]["package"]["name"] == MANAGER.name
    assert groups["Finance_Reports"]["assignments"][0]["state"] == "expired"


def test_a_group_that_nobody_manages_is_explained_with_the_way_to_it(deployed: Scene) -> None:
    deployed.add_group("Everybody", "Everybody")
    nest(deployed, "Finance_Reports", "Everybody")

    groups = explained(deployed, "--user", ADA.object_id, "--group", "Everybody")
    nowhere = deployed.type("explain", "--user", GRACE.object_id, "--group", "LAB\\Everybody")

    assert groups["Everybody"]["via"] == ["Finance_Reports"]
    assert (groups["Everybody"]["member"], groups["Everybody"]["verdict"]) == ("nested", "unmanaged")
    assert nowhere.code == 0
    assert "is not in a group LAB\\Everybody" in nowhere.out


def test_whoever_is_not_in_ad_yet_is_pending(deployed: Scene) -> None:
    deployed.sandbox.assign_silently(NORA.account, MANAGER.name)

    groups = explained(deployed, "--user", NORA.object_id)

    assert {group["verdict"] for group in groups.values()} == {"pending"}
    assert set(groups) == {"Finance_Readers", "Finance_Writers"}
    assert "has no account in AD" in deployed.type("explain", "--user", NORA.object_id).err


def test_explaining_says_what_is_missing(scene: Scene) -> None:
    unknown = scene.type("explain", "--user", "eve@lab.example")
    wrong = scene.type("explain", "--user", ADA.object_id, "--group", "a/b")
    undeployed = scene.type("explain", "--user", ADA.object_id)

    assert (unknown.code, wrong.code, undeployed.code) == (1, 1, 1)
    assert "eve@lab.example" in unknown.err
    assert "--group: 'a/b'" in wrong.err
    assert "lockstep apply" in undeployed.err


def test_the_report_shows_packages_groups_and_drift(deployed: Scene, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    before = deployed.chain.groups(GRACE.account)

    done = deployed.type("report", "--output", str(page))

    assert (done.code, done.out) == (0, f"{page}\n"), done
    read = Read(page.read_text(encoding="utf-8"))
    analyst = read.row("packages", ANALYST.name)
    assert (analyst["catalog"], analyst["live"], analyst["groups"]) == (
        "Finance",
        "1",
        "Finance_Readers, Finance_Reports",
    )
    readers = read.row("groups", "Finance_Readers")
    assert (readers["members"], readers["remove"], readers["state"]) == ("2", "1", "drift")
    assert readers["access packages"] == f"{ANALYST.name}, {MANAGER.name}"
    (drift,) = [dict(zip(read.tables["drift"][0], row, strict=True)) for row in read.tables["drift"][1:]]
    assert (drift["change"], drift["group"]) == ("remove", "Finance_Readers")
    assert drift["why"] == "no assignment"
    assert read.row("rules", "mode")["in force"] == "authoritative"
    assert deployed.chain.groups(GRACE.account) == before


def test_without_the_worker_the_report_tells_of_entra_alone(deployed: Scene, tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    done = deployed.type("report", "--no-worker", "--output", str(page))

    assert done.code == 0, done
    read = Read(page.read_text(encoding="utf-8"))
    assert read.row("packages", ANALYST.name)["live"] == "1"
    assert read.row("groups", "Finance_Readers")["state"] == "not looked at"
    assert "left out with --no-worker" in read.texts["drift"]


def test_what_the_mapping_no_longer_names_is_left_over(deployed: Scene, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    mapping = json.loads(deployed.mapping)
    deployed.mapping_file.write_text(
        json.dumps(
            {
                "AccessPackages": [
                    one for one in mapping["AccessPackages"] if one["AccessPackageID"] != ANALYST.package_id
                ]
            }
        )
    )

    assert deployed.type("report", "--no-worker", "-o", str(page)).code == 0
    leftovers = Read(page.read_text(encoding="utf-8")).tables["leftovers"][1:]

    assert ["AD group", "Finance_Reports"] in [row[:2] for row in leftovers]
    assert ["access package", ANALYST.name] in [row[:2] for row in leftovers]


def test_where_no_job_can_run_the_page_is_written_and_says_so(scene: Scene, tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    done = scene.type("report", "--output", str(page))

    assert (done.code, done.out) == (1, f"{page}\n"), done
    assert "tells nothing of AD" in done.err
    assert "AD was not looked at" in Read(page.read_text(encoding="utf-8")).texts[""]


def test_a_page_that_cannot_be_written_is_an_error(deployed: Scene, tmp_path: Path) -> None:
    done = deployed.type("report", "--no-worker", "--output", str(tmp_path / "nowhere" / "page.html"))

    assert done.code == 1
    assert "cannot be written" in done.err
