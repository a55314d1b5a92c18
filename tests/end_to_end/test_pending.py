"""A joiner has an access package before the account is in AD: Entra hears so, and the groups come with the account."""

from __future__ import annotations

import json
from typing import Any

from provision.sandbox import seed
from tests.end_to_end.scene import Scene

NORA = next(user for user in seed.USERS if user.account == "new.joiner")
ANALYST = seed.CATALOGS[0].packages[0]
GROUPS = ["Finance_Readers", "Finance_Reports"]
SWEEP = "sweep: {schedule: '02:30', time_zone: UTC, apply: true}"


def granted(scene: Scene, addition: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """The request for a package of somebody who is not in AD yet, and its callout."""
    scene.file.write_text(f"{scene.file.read_text(encoding='utf-8')}\n{addition}\n", encoding="utf-8")
    assert scene.type("apply", "--yes").code == 0
    request = scene.chain.grant(NORA.account, ANALYST.name)
    (callout,) = [callout for callout in request["callouts"] if callout["run"]]
    assert (callout["outcome"]["outcome"], callout["job"]["status"]) == ("pending", "Failed")
    return request, callout


def health(scene: Scene) -> tuple[str, str]:
    """What `status` says of the catalog, and of its last run."""
    catalogs = json.loads(scene.type("status", "--json").out)["catalogs"]
    (finance,) = [each for each in catalogs if each["catalog"]["name"] == seed.CATALOGS[0].name]
    return finance["health"], finance["last_run"]["outcome"]


def test_where_a_sweep_comes_entra_goes_on_and_hears_that_it_is_pending(scene: Scene) -> None:
    request, callout = granted(scene, SWEEP)

    assert (request["status"], callout["run"]["status"]) == ("Delivered", "Succeeded")
    assert callout["detail"].startswith("Pending: AD has no account with SID ")
    assert callout["detail"].endswith("nothing was changed; the next sweep picks it up")
    assert health(scene) == ("healthy", "pending")

    scene.hire(NORA)
    scene.sandbox.fire("lockstep-sandbox-sweep")

    assert scene.chain.groups(NORA.account) == GROUPS


def test_where_none_comes_the_run_has_failed_and_one_command_makes_it_good(scene: Scene) -> None:
    scene.change("launch_and_wait_minutes: 15", "launch_and_wait_minutes: 15\n  on_failure: resume")
    request, callout = granted(scene)

    assert (request["status"], callout["run"]["status"]) == ("Delivered", "Failed")
    assert callout["detail"].startswith("Pending: AD has no account with SID ")
    assert health(scene) == ("failing", "pending")
    command = f"lockstep reconcile --user {NORA.object_id} -e sandbox"
    assert f"run '{command}' when the account is there" in callout["outcome"]["detail"]

    early = scene.type("reconcile", "--user", NORA.object_id, "--yes")
    scene.hire(NORA)
    done = scene.type("reconcile", "--user", NORA.object_id, "--yes")

    assert (early.code, done.code) == (1, 0)
    assert "AD has no account with SID" in early.out
    assert scene.chain.groups(NORA.account) == GROUPS
