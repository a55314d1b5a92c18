"""What can keep the runbook from being sure, each made in the running sandbox after everything was applied."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.faults import fault_from
from provision.sandbox.key_vault import KeyVault
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.service import Answer, Call
from tests.end_to_end.scene import Scene

Disturb: TypeAlias = Callable[[Scene], object]
ADA = seed.USERS[0]
ANALYST, MANAGER = seed.CATALOGS[0].packages
LIST = "/entitlementManagement/assignments"


class CutSandbox(Sandbox):
    """Lets `cut` spoil the second page of the list of assignments."""

    cut: ClassVar[Callable[[dict[str, Any]], object] | None] = None

    def _respond(self, call: Call) -> Answer | None:
        answer = super()._respond(call)
        cut = type(self).cut
        if cut and answer and call.path.endswith(LIST) and "$skiptoken" in call.query:
            return Answer(200, cut(answer.body))
        return answer


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong, and what the job then says."""

    name: str
    disturb: Disturb
    says: tuple[str, ...]
    outcome: str = "failed"


def mapped(*groups: str) -> Disturb:
    """Other groups for the access package that Ada keeps."""

    def disturb(scene: Scene) -> None:
        entries = [(ANALYST, groups), (MANAGER, MANAGER.groups)]
        packages = [{"AccessPackageID": package.package_id, "ADGroups": list(names)} for package, names in entries]
        scene.mapping_file.write_text(json.dumps({"AccessPackages": packages}), encoding="utf-8")
        applied(scene)

    return disturb


def environment(old: str, new: str) -> Disturb:
    def disturb(scene: Scene) -> None:
        scene.change(old, new)
        applied(scene)

    return disturb


def applied(scene: Scene) -> None:
    done = scene.type("apply", "--yes")
    assert done.code == 0, done.err


def ada_in_entra(sid: str | None) -> Disturb:
    def disturb(scene: Scene) -> object:
        tenant = scene.sandbox.world.entitlement.tenant
        return tenant.update(tenant.require("user", ADA.object_id), {"onPremisesSecurityIdentifier": sid})

    return disturb


def permitted(*permissions: str) -> Disturb:
    """Leaves the Automation account's identity with these application permissions of Microsoft Graph."""
    return lambda scene: scene.sandbox.world.principals.add(
        seed.AUTOMATION_ACCOUNT, "managedIdentity", permissions, seed.AUTOMATION_OBJECT_ID
    )


def unreadable_variables(scene: Scene) -> None:
    access = scene.sandbox.world.cloud.access
    for found in access.all():
        if found.principal == seed.AUTOMATION_OBJECT_ID:
            access.remove(found.scope, found.name)


def vault(scene: Scene) -> KeyVault:
    return next(found for found in scene.sandbox.world.cloud.services() if isinstance(found, KeyVault))


def foreign_vault(scene: Scene) -> None:
    vault(scene)._reader = seed.DEPLOYER_OBJECT_ID


def other_password(scene: Scene) -> None:
    name, _, version = vault(scene)._secrets[seed.BIND_SECRET]
    vault(scene)._secrets[seed.BIND_SECRET] = (name, "Correct-horse-1!", version)


def other_authority(scene: Scene) -> None:
    other = CertificateAuthority(scene.file.parent / "other").ca_file
    scene.change(f"domain: LAB\n  ca_file: {scene.sandbox.ca_file}", f"domain: LAB\n  ca_file: {other}")
    applied(scene)


def other_mapping(value: str) -> Disturb:
    def disturb(scene: Scene) -> None:
        variables = scene.sandbox.world.cloud.variables._variables
        key = "lockstep-sandbox-mapping"
        variables[key] = dataclasses.replace(variables[key], value=json.dumps(value))

    return disturb


def on_the_worker(content: bytes | None) -> Disturb:
    """The mapping as a file on the worker, with this content by the time the job reads it."""

    def disturb(scene: Scene) -> None:
        file = scene.file.with_name("on-the-worker.json")
        scene.change("  source: environment\n", f"  source: worker\n  path: {file}\n")
        applied(scene)
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)

    return disturb


def fault(**document: Any) -> Disturb:
    return lambda scene: scene.sandbox.faults.replace([fault_from({"method": "GET", "times": 99, **document})])


def cut(spoil: Callable[[dict[str, Any]], object]) -> Disturb:
    def disturb(_: Scene) -> None:
        CutSandbox.cut = staticmethod(spoil)

    return disturb
