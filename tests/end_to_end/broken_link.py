"""What can break in a chain that was sound, each made in the running sandbox, and mended again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from provision.sandbox import seed
from provision.sandbox.cloud import DEPLOYER_ROLES, RUNBOOK_ROLES
from provision.sandbox.faults import fault_from
from tests.end_to_end.scene import Scene

Breaking: TypeAlias = Callable[[Scene], AbstractContextManager[None]]
GROUP = "Finance_Reports"
UNKNOWN_PACKAGE = "77777777-7777-4777-8777-777777777799"


@dataclass(frozen=True, slots=True)
class Link:
    """One broken link: what the doctor calls it, says of it, and gives as remedy.

    `hangs` are the areas and subjects of what cannot be good without it; `mends` is whether `apply` can do it, and
    `worker` whether the worker has a part in it.
    """

    name: str
    breaking: Breaking
    subject: str
    said: str
    fix: str
    hangs: tuple[str, ...] = ()
    state: str = "fail"
    mends: bool = False
    worker: bool = False


def assigned(principal: str, whole: tuple[str, ...], *left: str) -> Breaking:
    """A principal with these application permissions of Graph only."""

    @contextmanager
    def breaking(scene: Scene) -> Iterator[None]:
        scene.sandbox.world.principals.assign(principal, left)
        try:
            yield
        finally:
            scene.sandbox.world.principals.assign(principal, whole)

    return breaking


@contextmanager
def azure_role_gone(scene: Scene) -> Iterator[None]:
    scene.give_roles("Contributor")
    try:
        yield
    finally:
        scene.give_roles("Contributor", "Role Based Access Control Administrator")


@contextmanager
def silent_worker(scene: Scene) -> Iterator[None]:
    scene.sandbox.silence(silent=True)
    try:
        yield
    finally:
        scene.sandbox.silence(silent=False)


def triggers(change: Callable[[Any], object]) -> Breaking:
    """Another access control of a Logic App's trigger; `apply` mends it."""

    @contextmanager
    def breaking(scene: Scene) -> Iterator[None]:
        change(_finance(scene)["properties"]["accessControl"]["triggers"])
        yield

    return breaking


def _claim(name: str, value: str) -> Callable[[Any], object]:
    def change(access: Any) -> None:
        (policy,) = access["openAuthenticationPolicies"]["policies"].values()
        next(claim for claim in policy["claims"] if claim["name"] == name)["value"] = value

    return change


def _finance(scene: Scene) -> Any:
    resources = scene.sandbox.world.cloud.workflows._resources
    return next(found for found in resources.values() if found["name"] == "lockstep-sandbox-finance")


@contextmanager
def role_gone(scene: Scene) -> Iterator[None]:
    access, principal = scene.sandbox.world.cloud.access, _finance(scene)["identity"]["principalId"]
    for found in access.all():
        if found.principal == principal:
            access.remove(found.scope, found.name)
    yield


@contextmanager
def unbound(scene: Scene) -> Iterator[None]:
    tenant = scene.sandbox.world.entitlement.tenant
    policy = tenant.require("accessPackageAssignmentPolicy", seed.CATALOGS[0].packages[1].policy_id)
    gone = next(
        setting
        for setting in tenant.linked_rows(policy, "customExtensionStageSettings")
        if setting.values["stage"] == "assignmentRequestRemoved"
    )
    linked = policy.links["customExtensionStageSettings"]
    assert isinstance(linked, tuple)
    left = tuple(key for key in linked if key != gone.id)
    tenant.update(policy, {}, {"customExtensionStageSettings": left})
    tenant.remove(gone)
    yield


@contextmanager
def edited_runbook(scene: Scene) -> Iterator[None]:
    runbook = scene.sandbox.world.cloud.runbooks.find("lockstep")
    assert runbook
    assert runbook.published
    runbook.published += "\nprint('mine')\n"
    yield


def group(change: Callable[[Scene, Any], Any]) -> Breaking:
    """A group of the mapping that is otherwise in AD."""

    @contextmanager
    def breaking(scene: Scene) -> Iterator[None]:
        entry = scene.store.by_account(GROUP)
        assert entry
        keep(scene, dataclasses.replace(entry, attributes={**entry.attributes, **change(scene, entry)}))
        try:
            yield
        finally:
            keep(scene, entry)

    def keep(scene: Scene, entry: Any) -> None:
        store = scene.store
        store._by_key[entry.key] = store._by_guid[entry.guid] = store._by_sid[entry.sid] = entry

    return breaking


@contextmanager
def not_writable(scene: Scene) -> Iterator[None]:
    entry = scene.store.by_account(GROUP)
    assert entry
    writers = scene.store._writers.pop(entry.guid)
    try:
        yield
    finally:
        scene.store._writers[entry.guid] = writers


@contextmanager
def unknown_package(scene: Scene) -> Iterator[None]:
    document = json.loads(scene.mapping)
    document["AccessPackages"].append({"AccessPackageID": UNKNOWN_PACKAGE, "ADGroups": [GROUP]})
    scene.mapping_file.write_text(json.dumps(document), encoding="utf-8")
    try:
        yield
    finally:
        scene.mapping_file.write_text(scene.mapping, encoding="utf-8")


@contextmanager
def wrong_clock(scene: Scene) -> Iterator[None]:
    scene.sandbox.conduct.clock_skew = timedelta(minutes=-7)
    try:
        yield
    finally:
        scene.sandbox.conduct.calm()


@contextmanager
def wrong_certificate(scene: Scene) -> Iterator[None]:
    before = scene.environment
    url = next(line for line in before.splitlines() if "- url: ldaps://" in line)
    scene.change(url, f"{url}\n      certificate_name: dc9.lab.example")
    assert scene.type("apply", "--yes").code == 0
    try:
        yield
    finally:
        scene.file.write_text(before, encoding="utf-8")
        assert scene.type("apply", "--yes").code == 0


@contextmanager
def graph_down(scene: Scene) -> Iterator[None]:
    scene.sandbox.faults.replace([fault_from({"path": "^/v1.0/", "status": "drop", "times": 999})])
    try:
        yield
    finally:
        scene.sandbox.faults.replace([])


LINKS = (
    Link(
        "permission of the runbook removed",
        assigned(seed.AUTOMATION_OBJECT_ID, RUNBOOK_ROLES, "EntitlementManagement.Read.All"),
        "identity's permission User.Read.All",
        "is missing, so that every job fails",
        "`lockstep grant -e ",
        hangs=("AD, by a job on the worker",),
        worker=True,
    ),
    Link(
        "permission of the deployer removed",
        assigned(seed.DEPLOYER_OBJECT_ID, DEPLOYER_ROLES, "EntitlementManagement.Read.All", *DEPLOYER_ROLES[1:]),
        "permission EntitlementManagement.ReadWrite.All",
        "; the token has Application.Read.All, EntitlementManagement.Read.All",
        "`lockstep grant -e ",
    ),
    Link(
        "role of the deployer removed",
        azure_role_gone,
        "Azure role for role assignments",
        "Microsoft.Authorization/roleAssignments/write",
        '`az role assignment create --role "Role Based Access Control Administrator"',
    ),
    Link(
        "worker silent",
        silent_worker,
        "worker1.lab.example",
        "; Azure suspends its jobs",
        "Start the machine and its Hybrid Worker extension",
        hangs=("check job",),
        worker=True,
    ),
    Link(
        "signatures on",
        triggers(lambda access: access.update(sasAuthenticationPolicy={"state": "Enabled"})),
        "lockstep-sandbox-finance: shared access signatures",
        'is "Enabled", not "Disabled"',
        "`lockstep apply -e ",
        mends=True,
    ),
    Link(
        "claim edited",
        triggers(_claim("appid", "00000000-0000-4000-8000-000000000000")),
        "lockstep-sandbox-finance: claim appid",
        'is "00000000-0000-4000-8000-000000000000", not "810dcf14-1858-4bf2-8134-4c369fa3235b"',
        "`lockstep apply -e ",
        mends=True,
    ),
    Link(
        "role assignment gone",
        role_gone,
        "role assignment Automation Operator for lockstep-sandbox-finance",
        "does not exist",
        "`lockstep apply -e ",
        mends=True,
    ),
    Link(
        "stage unbound",
        unbound,
        "Finance manager: Finance manager for members: assignmentRequestRemoved",
        "does not call the custom extension",
        "`lockstep apply -e ",
        mends=True,
    ),
    Link(
        "runbook edited",
        edited_runbook,
        "runbook content lockstep",
        "differs in content",
        "`lockstep apply -e ",
        hangs=("check job",),
        mends=True,
        worker=True,
    ),
    Link(
        "group missing",
        group(lambda _, __: {"samaccountname": (b"Other",)}),
        f"group {GROUP}",
        "does not exist in AD",
        "correct the mapping",
        worker=True,
    ),
    Link(
        "group protected",
        group(lambda _, __: {"admincount": (b"1",)}),
        f"group {GROUP}",
        "privileged",
        "take it out of the mapping",
        worker=True,
    ),
    Link(
        "member not writable",
        not_writable,
        f"group {GROUP}",
        "may not change its members",
        'dsacls "CN=Finance_Reports,',
        worker=True,
    ),
    Link(
        "unknown package in the mapping",
        unknown_package,
        f"access package {UNKNOWN_PACKAGE}",
        "is in none of the catalogs that the environment file lists",
        "Correct the id (",
        hangs=("variable lockstep-sandbox-settings", "variable lockstep-sandbox-mapping"),
    ),
    Link(
        "clock wrong",
        wrong_clock,
        "this machine",
        " s ahead of Resource Manager's clock",
        "Let the machine keep its time",
    ),
    Link(
        "wrong name in the certificate",
        wrong_certificate,
        "domain controller",
        "another name",
        "certificate_name",
        worker=True,
    ),
    Link(
        "Graph down",
        graph_down,
        "reading ",
        "Microsoft Graph at https://127.0.0.1:",
        "Check the network, a proxy",
        hangs=(
            "credential",
            "Automation account",
            "mapping",
            "Logic Apps",
            "roles",
            "custom extensions",
            "policy stages",
            "Lifecycle Workflows",
        ),
        state="unknown",
    ),
)
