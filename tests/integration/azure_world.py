"""The pipeline over the real SDKs against a sandbox in this process."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from provision.azure import Azure
from provision.azure.arm import Arm
from provision.azure.credential import SignIn, credential
from provision.azure.graph import Graph
from provision.commands.apply import apply
from provision.commands.destroy import destroy
from provision.commands.plan import plan
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.sandbox.faults import fault_from
from provision.sandbox.sandbox import Sandbox
from provision.terminal import Terminal


class Screen(io.StringIO):
    """A stream with somebody in front of it."""

    def isatty(self) -> bool:
        """It is a terminal."""
        return True


class Person:
    """Somebody who types commands; `out` and `err` hold what came of the last one."""

    def __init__(self, environment: Path) -> None:
        self.environment = str(environment)
        self.keyboard: str | None = None
        self.out = ""
        self.err = ""

    def plan(self, *catalogs: str, form: str = "text") -> int:
        """`lockstep plan --exit-code`."""
        return self._typed(lambda terminal: plan(self.environment, catalogs, form, terminal, exit_code=True))

    def apply(self, *catalogs: str, yes: bool = True, checksum: str | None = None, form: str = "text") -> int:
        """`lockstep apply`."""
        return self._typed(lambda terminal: apply(self.environment, catalogs, yes, checksum, form, terminal))

    def destroy(self, *catalogs: str, yes: bool = True, form: str = "text") -> int:
        """`lockstep destroy`."""
        return self._typed(lambda terminal: destroy(self.environment, catalogs, yes, form, terminal))

    def refused(self, command: Any, *arguments: Any, **options: Any) -> str:
        """The message of a command that fails."""
        try:
            code = command(*arguments, **options)
        except ProvisionError as error:
            return str(error)
        raise AssertionError(f"exit code {code}: {self.out}")

    def answers(self, answer: str) -> None:
        """Sits at a terminal from now on and types this when asked."""
        self.keyboard = answer

    def _typed(self, work: Any) -> int:
        kind = io.StringIO if self.keyboard is None else Screen
        out, err = io.StringIO(), kind()
        terminal = Terminal(out, err, kind(self.keyboard or ""), {})
        try:
            return int(work(terminal))
        finally:
            self.out, self.err = out.getvalue(), err.getvalue()


def azure(environment: Environment) -> Azure:
    """The services without the SDK's retries, so that a failure shows at once."""
    settings = environment.credential
    sign_in = SignIn(environment.tenant, settings.method, settings.client_id, settings.token_file)
    signed_in = credential(sign_in, environment.cloud)
    arm = Arm(environment.cloud, environment.subscription, signed_in, retry_total=0)
    return Azure(arm, Graph(environment.cloud, signed_in), signed_in)


def break_at(sandbox: Sandbox, *faults: dict[str, Any]) -> None:
    """Puts these faults in force instead of any others."""
    sandbox.faults.replace([fault_from(fault) for fault in faults])


def policies(sandbox: Sandbox) -> list[Any]:
    """All assignment policies with their stage settings, without what a write always changes."""
    tenant = sandbox.world.entitlement.tenant
    rows = tenant.rows("accessPackageAssignmentPolicy")
    return [
        (
            row.id,
            {name: value for name, value in row.values.items() if name != "modifiedDateTime"},
            [(s.id, s.values, s.links) for s in tenant.linked_rows(row, "customExtensionStageSettings")],
            [(q.id, q.values) for q in tenant.linked_rows(row, "questions")],
        )
        for row in rows
    ]


def resources(sandbox: Sandbox) -> Sequence[str]:
    """Everything that Lockstep could have left behind, by kind and name."""
    world = sandbox.world
    tenant = world.entitlement.tenant
    graph = [row.id for kind in ("customCalloutExtension", "unifiedRoleAssignment") for row in tenant.rows(kind)]
    return sorted([*graph, *(principal.display_name for principal in world.principals.all())])
