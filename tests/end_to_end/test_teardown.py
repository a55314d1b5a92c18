"""A teardown that proves itself: what is deleted, what is left and why, and what becomes of memberships."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision.sandbox import seed
from tests.end_to_end.scene import Scene

ANALYST, MANAGER = seed.CATALOGS[0].packages
ADA, GRACE, ALAN = "ada.lovelace", "grace.hopper", "alan.turing"


@pytest.fixture
def deployed(scene: Scene) -> Scene:
    """Everything is deployed."""
    assert scene.type("apply", "--yes").code == 0
    return scene


def _destroyed(scene: Scene, *options: str) -> dict[str, Any]:
    typed = scene.type("destroy", "--yes", "--json", *options)
    assert typed.code == 0, typed
    told: dict[str, Any] = json.loads(typed.out)
    return told


def _used(scene: Scene) -> None:
    """Two people have packages; a third was put into a group by hand."""
    scene.chain.grant(ADA, ANALYST.name)
    scene.chain.grant(ADA, "Engineer")
    scene.chain.grant(GRACE, MANAGER.name)
    scene.join(ALAN, "Finance_Readers")


def test_destroy_tells_thing_by_thing_what_is_left_and_why(deployed: Scene) -> None:
    told = _destroyed(deployed)
    again, text = _destroyed(deployed), deployed.type("destroy", "--yes")

    whys = {one["what"].split(" ", 1)[0]: one["why"] for one in told["kept"]}
    assert told["left"] == []
    assert whys["stage"].startswith("not Lockstep's: they call ")
    assert "custom" in whys
    assert {one["why"] for one in told["untouched"]} == {
        "Automation keeps them for 30 days",
        "Lockstep did not make them",
    }
    assert deployed.chain.leftovers() == []
    assert (again["deleted"], again["kept"]) == ([], told["kept"])
    assert "nothing deleted, nothing left" in text.out
    assert "kept: stage settings of policy" in text.out


def test_memberships_are_kept_unless_somebody_asks(deployed: Scene) -> None:
    _used(deployed)

    told = _destroyed(deployed)

    assert told["memberships"]["choice"] == "keep"
    assert deployed.chain.groups(ADA) == [
        "Eng_Build",
        "Eng_Repo",
        "Finance_Readers",
        "Finance_Reports",
        "Staff_All",
        "VPN_Users",
    ]


def test_memberships_that_assignments_explain_are_removed_and_no_others(deployed: Scene) -> None:
    _used(deployed)

    told = _destroyed(deployed, "--memberships", "remove")
    second = deployed.type("destroy", "--yes", "--memberships", "remove")

    assert deployed.chain.groups(ADA) == ["Staff_All"]
    assert deployed.chain.groups(GRACE) == ["Staff_All"]
    assert deployed.chain.groups(ALAN) == ["Finance_Readers", "Staff_All"]
    assert told["memberships"]["before"] == {"packages": 4, "assignments": 3, "people": 2, "groups": 8}
    assert told["memberships"]["outcome"] == "done"
    assert deployed.chain.leftovers() == []
    assert (second.code, "run it without the option" in second.err) == (1, True)


def test_memberships_that_cannot_be_removed_keep_everything(deployed: Scene) -> None:
    _used(deployed)
    before = deployed.chain.leftovers()
    group = deployed.store.by_account("Eng_Repo")
    assert group is not None
    deployed.store._writers.pop(group.guid)

    typed = deployed.type("destroy", "--yes", "--memberships", "remove")

    assert typed.code == 1
    assert "Nothing was deleted, because not all memberships could be taken away" in typed.err
    assert "Eng_Repo" in typed.err
    assert deployed.chain.leftovers() == before


def test_a_mapping_that_was_edited_and_not_applied_keeps_everything(deployed: Scene) -> None:
    _used(deployed)
    before, groups = deployed.chain.leftovers(), deployed.chain.groups(ADA)
    mapping = json.loads(deployed.mapping_file.read_text(encoding="utf-8"))
    del mapping["AccessPackages"][-1]
    deployed.mapping_file.write_text(json.dumps(mapping), encoding="utf-8")

    typed = deployed.type("destroy", "--yes", "--memberships", "remove")

    assert (typed.code, "were agreed to; run 'lockstep apply'" in typed.err) == (1, True)
    assert deployed.chain.leftovers() == before
    assert deployed.chain.groups(ADA) == groups


def test_a_job_that_cannot_start_keeps_everything(deployed: Scene) -> None:
    before = deployed.chain.leftovers()
    deployed.give_roles("Reader", "Logic App Contributor")

    typed = deployed.type("destroy", "--yes", "--memberships", "remove")

    assert typed.code == 1
    assert "could not be started" in typed.err
    assert "jobs/write" in typed.err
    assert deployed.chain.leftovers() == before


def test_removal_is_not_limited_to_a_catalog(deployed: Scene) -> None:
    typed = deployed.type("destroy", "--yes", "--memberships", "remove", "--catalog", "Finance")

    assert (typed.code, "cannot be limited to one catalog" in typed.err) == (1, True)
    assert deployed.written()[-1][0] != "DELETE"


def test_nobody_is_asked_in_a_script_and_nothing_happens(deployed: Scene) -> None:
    writes = deployed.written()

    typed = deployed.type("destroy", "--memberships", "remove")

    assert typed.code == 1
    assert "Take these people out of these groups first? Nobody can answer here" in typed.err
    assert "Memberships before: 0 live assignments" in typed.err
    assert deployed.written() == writes


def test_a_choice_that_is_none_is_refused(scene: Scene) -> None:
    typed = scene.type("destroy", "--yes", "--memberships", "some")

    assert (typed.code, "--memberships" in typed.err) == (1, True)


def test_destroy_works_when_half_is_gone(deployed: Scene) -> None:
    cloud = deployed.sandbox.world.cloud
    cloud.runbooks.remove("lockstep")
    deployed.type("destroy", "--yes", "--catalog", "Finance")

    told = _destroyed(deployed)

    assert told["left"] == []
    assert not any("finance" in what for what in told["deleted"])
    assert deployed.chain.leftovers() == []
