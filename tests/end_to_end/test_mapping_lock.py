"""The mapping beside what is deployed and beside AD: dropped groups are told, and groups made anew are left alone."""

from __future__ import annotations

import dataclasses
import json
import uuid
from pathlib import Path
from typing import Any

from provision.sandbox import seed
from provision.sandbox.directory.store import Entry
from tests.end_to_end.scene import Scene
from tests.end_to_end.trouble import ADA, ANALYST

PINNED = "Finance_Reports"
GRACE = seed.USERS[1]


def lock_file(scene: Scene) -> Path:
    return scene.file.with_name("sandbox.lock.json")


def with_lock(scene: Scene) -> None:
    """Deployed, then locked, then deployed with the locks."""
    lock_file(scene).unlink(missing_ok=True)
    assert scene.type("apply", "--yes").code == 0
    scene.change("  file: sandbox.mapping.json\n", "  file: sandbox.mapping.json\n  lock: sandbox.lock.json\n")
    assert scene.type("mapping", "lock").code == 0
    assert scene.type("apply", "--yes").code == 0


def make_anew(scene: Scene, account: str) -> Entry:
    """Delete the group in AD and make another one under its name, which has another GUID and another SID."""
    store = scene.store
    old = store.by_account(account)
    assert old is not None
    del store._by_key[old.key], store._by_guid[old.guid], store._by_sid[old.sid]
    kept = {key: value for key, value in old.attributes.items() if key not in {"objectguid", "objectsid"}}
    new = store.add(Entry.new(uuid.uuid4(), old.name, f"{seed.DOMAIN_SID}-77777", kept))
    writer = store.by_account(seed.BIND_ACCOUNT)
    assert writer is not None
    store.allow(writer, new)
    return new


def mapping_of(scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scene.mapping_file.read_text(encoding="utf-8"))
    return found


def locked(scene: Scene) -> dict[str, str]:
    found: dict[str, str] = json.loads(lock_file(scene).read_text(encoding="utf-8"))["Groups"]
    return found


def test_every_name_is_locked_to_the_group_that_it_means(scene: Scene) -> None:
    with_lock(scene)

    groups = {name for package in mapping_of(scene)["AccessPackages"] for name in package["ADGroups"]}
    entries = {name: scene.store.by_account(name) for name in groups}
    assert locked(scene) == {name: str(entry.guid) for name, entry in entries.items() if entry}
    assert lock_file(scene).read_text(encoding="utf-8").endswith("\n")
    again = scene.type("mapping", "lock", "--json")
    assert (again.code, json.loads(again.out)["new"], json.loads(again.out)["changed"]) == (0, [], {})
    assert scene.type("plan", "--exit-code").code == 0
    scene.chain.grant(ADA.account, ANALYST.name)
    assert PINNED in scene.chain.groups(ADA.account)


def test_a_group_that_was_made_anew_is_left_alone_until_it_is_locked_again(scene: Scene) -> None:
    with_lock(scene)
    before = lock_file(scene).read_text(encoding="utf-8")
    new = make_anew(scene, PINNED)

    scene.chain.grant(ADA.account, ANALYST.name)

    assert PINNED not in scene.chain.groups(ADA.account)
    output = scene.chain.job_outputs()[0]
    assert "is another one than the mapping was locked to" in output
    assert "Finance_Readers" in scene.chain.groups(ADA.account)
    doctor = scene.type("doctor", "--json")
    (broken,) = [check for check in json.loads(doctor.out)["checks"] if check["state"] == "fail"]
    assert (broken["subject"], doctor.code) == (f"group {PINNED}", 1)

    asked = scene.type("mapping", "lock")
    assert (asked.code, lock_file(scene).read_text(encoding="utf-8")) == (1, before)
    assert f"~ {PINNED}: " in asked.err
    assert scene.type("mapping", "lock", "--yes").code == 0
    assert locked(scene) == {**json.loads(before)["Groups"], PINNED: str(new.guid)}
    assert scene.type("apply", "--yes").code == 0
    scene.chain.grant(GRACE.account, ANALYST.name)
    assert PINNED in scene.chain.groups(GRACE.account)


def test_a_group_that_was_renamed_is_named_with_its_new_name(scene: Scene) -> None:
    with_lock(scene)
    old = scene.store.by_account(PINNED)
    assert old is not None
    renamed = dataclasses.replace(old, attributes={**old.attributes, "samaccountname": (b"Finance_Papers",)})
    store = scene.store
    store._by_key[old.key] = store._by_guid[old.guid] = store._by_sid[old.sid] = renamed

    checks = json.loads(scene.type("doctor", "--json").out)["checks"]

    (broken,) = [check for check in checks if check["state"] == "fail"]
    assert broken["said"].startswith(f"group '{PINNED}' was renamed; the locked one is '{old.name.text}' now")
    locking = scene.type("mapping", "lock", "--json")
    assert (locking.code, json.loads(locking.out)["unknown"]) == (1, [PINNED])
    assert locked(scene)[PINNED] == str(old.guid)


def test_nothing_is_locked_where_nothing_is_named_or_deployed(scene: Scene) -> None:
    assert "lock: sandbox.lock.json" in scene.type("mapping", "lock").err
    lock_file(scene).unlink(missing_ok=True)
    scene.change("  file: sandbox.mapping.json\n", "  file: sandbox.mapping.json\n  lock: sandbox.lock.json\n")

    told = scene.type("plan")
    assert (told.code, told.out) == (1, "")
    assert f"{scene.place('sandbox.lock.json')}: the lock file {lock_file(scene)} does not exist; `lockstep" in told.err
    assert scene.type("mapping", "lock").code == 1
    assert not lock_file(scene).exists()


def test_groups_that_nobody_serves_any_more_are_told_until_they_are_retired(scene: Scene) -> None:
    first = scene.type("mapping", "check", "--deployed", "--json")
    assert (first.code, json.loads(first.out)["deployed"]) == (0, None)
    assert "nothing is deployed" in first.err
    assert scene.type("apply", "--yes").code == 0
    assert "nothing was dropped" in scene.type("mapping", "check", "--deployed").err
    mapping = mapping_of(scene)
    gone = next(p for p in mapping["AccessPackages"] if p["AccessPackageID"] == ANALYST.package_id)
    mapping["AccessPackages"].remove(gone)
    scene.mapping_file.write_text(json.dumps(mapping), encoding="utf-8")

    told = scene.type("mapping", "check", "--deployed")
    planned = scene.type("plan")
    assert told.code == 1
    assert f"group {PINNED} is in no access package any more: its members would stay for ever" in told.out
    assert "RetiredGroups" in told.err
    assert f"no access package in the mapping gives {PINNED} any more" in planned.err

    mapping["RetiredGroups"] = [PINNED]
    scene.mapping_file.write_text(json.dumps(mapping), encoding="utf-8")
    retired = scene.type("mapping", "check", "--deployed", "--json")
    assert retired.code == 0
    assert json.loads(retired.out)["deployed"] == {
        "access_packages": [{"id": ANALYST.package_id, "groups": list(gone["ADGroups"])}],
        "groups": [],
        "retired_groups": [PINNED],
    }
    assert "any more" not in scene.type("plan").err
