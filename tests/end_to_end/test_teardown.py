"""A teardown that proves itself: what is deleted, what is left and why, and what becomes of memberships."""

from __future__ import annotations

import dataclasses
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision import jobs
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.errors import ServiceRefusal
from provision.job_output import Ended
from provision.kinds import variable
from provision.naming import AUTOMATION_API_VERSION, account_id, settings_variable
from provision.resource import ArmTarget
from provision.sandbox import seed
from provision.sandbox.arm.roles import Role
from tests.end_to_end.scene import Scene

ANALYST, MANAGER = seed.CATALOGS[0].packages
ADA, GRACE, ALAN = "ada.lovelace", "grace.hopper", "alan.turing"
AGREED = {"people": 2, "groups": 8}
"""What a job must be told after `_used`."""
ANY = str(uuid.uuid4())


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


def _by_hand(scene: Scene, job: str) -> Ended:
    """The end of a release that somebody starts who may start jobs, and nothing else, and knows all numbers."""
    scene.give_roles("Automation Operator")
    environment = Environment.load(str(scene.file))
    until = datetime.now(UTC) + timedelta(minutes=5)
    with connected(environment) as azure:
        envelope = jobs.envelope(environment, "release", job, until, **AGREED)
        ended = jobs.run(azure, azure, environment, envelope, lambda _: None)
        settings = settings_variable(environment.name)
        target = ArmTarget(f"{account_id(environment)}/variables/{settings}", AUTOMATION_API_VERSION)
        with pytest.raises(ServiceRefusal, match="variables/write"):
            azure.send(variable.put(target, settings, {"release": job}, ""), lambda _: None)
    scene.give_roles("Owner")
    return ended


def _key(scene: Scene) -> Any:
    """The job that the settings name, if they do."""
    (value,) = _settings(scene).values()
    return value.get("release")


def _settings(scene: Scene) -> dict[str, Any]:
    every = scene.sandbox.world.cloud.variables._variables
    return {key: json.loads(each.value or "") for key, each in every.items() if "settings" in key}


def _leave(scene: Scene, job: str) -> None:
    """Do as a `destroy` that was killed while its job ran."""
    every = scene.sandbox.world.cloud.variables._variables
    for key, value in _settings(scene).items():
        every[key] = dataclasses.replace(every[key], value=json.dumps({**value, "release": job}))


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
    assert _key(deployed) is None
    assert deployed.type("plan", "--exit-code").code == 0


@pytest.mark.parametrize("left", [None, ANY], ids=["no key", "another key"])
def test_a_release_that_is_started_by_hand_is_refused_whatever_it_knows(deployed: Scene, left: str | None) -> None:
    _used(deployed)
    groups = [deployed.chain.groups(each) for each in (ADA, GRACE, ALAN)]
    if left:
        _leave(deployed, left)

    ended = _by_hand(deployed, str(uuid.uuid4()))

    assert (ended.status, (ended.result or {})["outcome"]) == ("Failed", "refused")
    assert f"and they name {f'job {left}' if left else 'none'}" in ended.text
    assert [deployed.chain.groups(each) for each in (ADA, GRACE, ALAN)] == groups


def test_what_a_killed_destroy_leaves_is_drift_and_apply_takes_it_out(deployed: Scene) -> None:
    _leave(deployed, ANY)

    drift, applied = deployed.type("plan"), deployed.type("apply", "--yes")

    assert (ANY in drift.out, "release" in drift.out) == (True, True)
    assert (applied.code, _key(deployed)) == (0, None)


def test_a_destroy_after_a_killed_one_names_its_own_job(deployed: Scene) -> None:
    _used(deployed)
    _leave(deployed, ANY)

    told = _destroyed(deployed, "--memberships", "remove")

    assert told["memberships"]["outcome"] == "done"
    assert told["memberships"]["job"] != ANY
    assert deployed.chain.leftovers() == []


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
    before, cloud = deployed.chain.leftovers(), deployed.sandbox.world.cloud
    deployed.give_roles()
    nearly = Role(ANY, "everything but jobs", ("*",), ("Microsoft.Automation/automationAccounts/jobs/write",))
    cloud.access.seed(cloud.door.group_id, nearly, cloud.deployer.object_id, deployed.sandbox.clock.now())

    typed = deployed.type("destroy", "--yes", "--memberships", "remove")

    assert typed.code == 1
    assert "could not be started" in typed.err
    assert "jobs/write" in typed.err
    assert (deployed.chain.leftovers(), _key(deployed)) == (before, None)


def test_settings_that_cannot_be_written_start_no_job(deployed: Scene) -> None:
    before, ran = deployed.chain.leftovers(), len(deployed.chain.job_outputs())
    deployed.give_roles("Reader", "Logic App Contributor", "Automation Operator")

    typed = deployed.type("destroy", "--yes", "--memberships", "remove")

    assert typed.code == 1
    assert "The job was not started: variable lockstep-" in typed.err
    assert "variables/write" in typed.err
    assert (deployed.chain.leftovers(), len(deployed.chain.job_outputs())) == (before, ran)


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
