"""`lockstep doctor` against the sandbox: sound after apply; then one link is broken, named and mended at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.lifecycle_workflows.definitions import RUN_EXTENSION
from provision.sandbox.graph.lifecycle_workflows.entity_types import WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER
from tests.end_to_end.broken_link import LINKS, Link
from tests.end_to_end.scene import Scene, Typed, played


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One sandbox with everything deployed; whoever breaks something in it mends it again."""
    for scene in played(tmp_path_factory.mktemp("doctor")):
        scene.begin()
        assert scene.type("apply", "--yes").code == 0
        yield scene


def examined(scene: Scene, *options: str) -> tuple[Typed, list[dict[str, str]]]:
    done = scene.type("doctor", "--json", *options)
    return done, json.loads(done.out)["checks"]


def red(checks: list[dict[str, str]]) -> list[dict[str, str]]:
    return [check for check in checks if check["state"] in {"fail", "unknown"}]


def test_all_is_sound_after_apply(sound: Scene) -> None:
    written = sound.written()

    done, checks = examined(sound)

    assert red(checks) == []
    assert done.code == 0
    assert {f"group {group}" for group in ("Finance_Readers", "Eng_Repo")} <= {check["subject"] for check in checks}
    assert [path for _, path in sound.written()[len(written) :] if "/jobs/" not in path] == []


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_a_broken_link_is_named_with_its_remedy(sound: Scene, link: Link) -> None:
    with link.breaking(sound):
        done, checks = examined(sound, *([] if link.worker else ["--no-worker"]))
        (check,) = [found for found in red(checks) if found["subject"].startswith(link.subject)]
        others = [found for found in red(checks) if found != check]

        assert done.code == 1
        assert check["state"] == link.state
        assert link.said in check["said"], check
        assert check["fix"], check
        assert link.fix in check["fix"], check
        assert [found for found in others if not {found["area"], found["subject"]} & {*link.hangs}] == []

        if link.mends:
            assert sound.type("apply", "--yes").code == 0


def test_fix_mends_what_apply_can_and_looks_again(sound: Scene) -> None:
    links = [link for link in LINKS if link.mends]
    with ExitStack() as broken:
        for link in links:
            broken.enter_context(link.breaking(sound))

        mended = sound.type("doctor", "--fix", "--yes", "--no-worker", "--json")

    assert [link.name for link in links if link.subject not in mended.err] == []
    assert (mended.code, red(json.loads(mended.out)["checks"])) == (0, [])


def test_all_is_sound_again(sound: Scene) -> None:
    done, checks = examined(sound)

    assert (red(checks), done.code) == ([], 0)


def test_without_the_worker_no_job_is_started(sound: Scene) -> None:
    jobs = len(sound.sandbox.world.cloud.jobs.all())

    done = sound.type("doctor", "--no-worker")

    assert done.code == 0
    assert len(sound.sandbox.world.cloud.jobs.all()) == jobs
    assert "not looked at: AD, by a job on the worker" in done.out


def test_one_catalog_alone(sound: Scene) -> None:
    _, checks = examined(sound, "--no-worker", "--catalog", "Finance")
    refused = sound.type("doctor", "--no-worker", "--catalog", "Nowhere")

    subjects = str([check["subject"] for check in checks])
    assert "lockstep-sandbox-finance" in subjects
    assert "runbook lockstep" in subjects
    assert "ngineer" not in subjects
    assert (refused.code, refused.out) == (1, "")
    assert "Nowhere is none of them" in refused.err


def test_no_secret_appears_and_text_names_the_same_checks(sound: Scene) -> None:
    done, checks = examined(sound)
    text = sound.type("doctor").out

    assert [check["subject"] for check in checks if f"  {check['subject']}: " not in text] == []
    for secret in (seed.BIND_PASSWORD, sound.sandbox.client_secret, "Bearer", "eyJ", "sig="):
        assert secret not in done.out + done.err + text


def test_yes_alone_means_nothing(sound: Scene) -> None:
    refused = sound.type("doctor", "--yes")

    assert refused.code == 1
    assert "--yes answers the question of --fix" in refused.err


def test_fix_asks_first_and_needs_somebody_to_answer(sound: Scene) -> None:
    claim = next(link for link in LINKS if link.name == "claim edited")
    with claim.breaking(sound):
        written = sound.written()
        refused = sound.type("doctor", "--fix", "--no-worker")
        assert sound.written() == written
        assert sound.type("apply", "--yes").code == 0

    assert (refused.code, refused.out) == (1, "")
    assert "claim appid" in refused.err
    assert "Nobody can answer here: add --yes" in refused.err


def test_what_apply_cannot_mend_is_said_and_left(sound: Scene) -> None:
    clock = next(link for link in LINKS if link.name == "clock wrong")
    with clock.breaking(sound):
        done = sound.type("doctor", "--fix", "--yes", "--no-worker", "--json")

    assert done.code == 1
    assert "Nothing of it can be mended by apply" in done.err
    assert [check["subject"] for check in red(json.loads(done.out)["checks"])] == ["this machine"]


def test_a_stopped_sandbox_and_a_bad_environment_are_told_like_everywhere(sound: Scene) -> None:
    before = sound.file.read_text(encoding="utf-8")
    sound.change("tenant: 1111", "tenant: x111")
    refused = sound.type("doctor")
    sound.file.write_text(before, encoding="utf-8")

    assert (refused.code, refused.out) == (1, "")
    assert "tenant" in refused.err


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A sandbox in which nothing was deployed."""
    for scene in played(tmp_path_factory.mktemp("bare")):
        scene.begin()
        yield scene


def test_before_the_first_apply_it_says_so_and_can_do_it(bare: Scene) -> None:
    done, checks = examined(bare)
    document: dict[str, Any] = json.loads(done.out)

    mended = bare.type("doctor", "--fix", "--yes")

    assert document["sound"] is False
    assert {check["area"] for check in red(checks)} == {
        "runbook",
        "Logic Apps",
        "roles",
        "custom extensions",
        "policy stages",
        "Lifecycle Workflows",
        "AD, by a job on the worker",
    }
    assert mended.code == 0, mended.err
    assert "group Finance_Readers: " in mended.out


def test_lifecycle_workflows_are_checked_and_mended_too(bare: Scene) -> None:
    assert bare.type("apply", "--yes").code == 0
    tenant = bare.sandbox.world.entitlement.tenant
    joiner = next(row for row in tenant.rows(WORKFLOW) if row.values["displayName"] == JOINER)
    for task in tenant.linked_rows(joiner, "tasks"):
        tenant.update(task, {"isEnabled": task.values["taskDefinitionId"] != RUN_EXTENSION})

    _, checks = examined(bare, "--no-worker")
    mended = bare.type("doctor", "--fix", "--yes", "--no-worker")

    assert [(check["area"], check["subject"]) for check in red(checks)] == [("Lifecycle Workflows", f"{JOINER}: task")]
    assert mended.code == 0, mended.out
