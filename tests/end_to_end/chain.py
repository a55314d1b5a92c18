"""The whole chain for a test: a sandbox in this process, the CLI as a child process, and what can be seen of both."""

from __future__ import annotations

import copy
import json
import os
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.directory import DirectoryError
from provision.sandbox.graph.lifecycle_workflows.entity_types import EXTENSION
from provision.sandbox.graph.lifecycle_workflows.seed import FOREIGN_EXTENSION_ID
from provision.sandbox.outside import Outside
from provision.sandbox.sandbox import Sandbox

WRITES = {"PUT", "POST", "PATCH", "DELETE"}
WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Chain:
    """One sandbox and the environment file that leads to it."""

    sandbox: Sandbox
    file: Path

    def lockstep(self, *arguments: str, expect: int) -> subprocess.CompletedProcess[str]:
        """Run `lockstep ARGUMENTS -e FILE` as a process and check its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "provision", *arguments, "-e", str(self.file)],
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
            env={key: value for key, value in os.environ.items() if not key.startswith("AZURE_")},
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def grant(self, user: str, package: str) -> dict[str, Any]:
        """Play the requester and wait for the end of the request."""
        return self.sandbox.grant(user, package)

    def remove(self, user: str, package: str) -> dict[str, Any]:
        """Play the requester and wait for the end of the request."""
        return self.sandbox.remove(user, package)

    def groups(self, user: str) -> list[str]:
        """The user's AD groups, by sAMAccountName."""
        return self.sandbox.directory.groups_of(user)

    def writes(self) -> list[tuple[str, str]]:
        """Everything that clients have written so far, tokens and validation left out."""
        silent = ("/oauth2/", "/validate", "/listCallbackUrl")
        return [
            (exchange.method, exchange.path)
            for exchange in self.sandbox.journal.exchanges()
            if exchange.method in WRITES and not any(part in exchange.path for part in silent)
        ]

    def policies(self) -> dict[str, dict[str, Any]]:
        """Every assignment policy by id: what Graph holds of it, its questions and its package, without stages."""
        tenant = self.sandbox.world.entitlement.tenant
        return {
            row.id: {
                **{name: value for name, value in row.values.items() if name != "modifiedDateTime"},
                "questions": [copy.deepcopy(dict(q.values)) for q in tenant.linked_rows(row, "questions")],
                "accessPackage": row.links["accessPackage"],
            }
            for row in tenant.rows("accessPackageAssignmentPolicy")
        }

    def stages(self) -> dict[str, set[tuple[str, str]]]:
        """The (stage, extension id) pairs of every policy, by policy id."""
        tenant = self.sandbox.world.entitlement.tenant
        return {
            row.id: {
                (setting.values["stage"], str(setting.links["customExtension"]))
                for setting in tenant.linked_rows(row, "customExtensionStageSettings")
            }
            for row in tenant.rows("accessPackageAssignmentPolicy")
        }

    def job_outputs(self) -> list[str]:
        """What the jobs so far have printed, newest first."""
        return [job.output() for job in self.sandbox.world.cloud.jobs.all()]

    def call_again(self, callout: Mapping[str, Any], user: str, package: seed.SeedPackage) -> dict[str, Any]:
        """Send a callout once more, as a service that saw no answer would; the Logic App's run once it has ended."""
        sandbox, host = self.sandbox, self.sandbox.world.host
        app = callout["run"]["logic_app"]
        catalog = next(catalog for catalog in seed.CATALOGS if package in catalog.packages)
        body = {
            "AccessPackageAssignmentRequestId": str(uuid.uuid4()),
            "CustomExtensionStageInstanceId": callout["instance"],
            "Stage": callout["stage"],
            "RequestType": "adminAdd",
            "AccessPackage": {"Id": package.package_id},
            "AccessPackageCatalog": {"Id": catalog.catalog_id},
            "Assignment": {"Target": {"ObjectId": next(u.object_id for u in seed.USERS if u.account == user)}},
        }
        token = sandbox.authority.issue_pop(seed.ENTITLEMENT_APP_ID, "POST", "management.azure.com", app)
        headers = {"Authorization": f"PoP {token}", "Content-Type": "application/json"}
        url = f"{sandbox.url}{host.trigger_path(app)}?api-version=2016-10-01"
        reply = Outside(ssl.create_default_context(cafile=str(sandbox.ca_file))).send(
            "POST", url, headers, json.dumps(body).encode(), 10.0
        )
        assert reply.status == 202, reply
        deadline = time.monotonic() + WAIT_SECONDS
        while (run := host.runs(app)[0])["properties"]["status"] in {"Running", "Waiting"}:
            assert time.monotonic() < deadline, run
            time.sleep(0.05)
        return run

    def leftovers(self) -> list[str]:
        """Everything in the sandbox that Lockstep could have made."""
        cloud, tenant = self.sandbox.world.cloud, self.sandbox.world.entitlement.tenant
        kinds, foreign = ("customCalloutExtension", EXTENSION), {seed.FOREIGN_EXTENSION_ID, FOREIGN_EXTENSION_ID}
        extensions = [row.id for kind in kinds for row in tenant.rows(kind) if row.id not in foreign]
        roles = [row.id for row in tenant.rows("unifiedRoleAssignment")]
        return [
            *cloud.workflows.ids(),
            *(runbook.name for runbook in cloud.runbooks.all()),
            *cloud.variables.names(),
            *(schedule.name for schedule in cloud.schedules.all()),
            *(tie.identifier for tie in cloud.schedules.ties()),
            *extensions,
            *roles,
        ]


def running(folder: Path, directory: str) -> Iterator[Chain]:
    """A chain on a started sandbox, or a skipped test where the directory cannot be had."""
    sandbox = Sandbox(folder / "state", directory=directory, speed=120.0)
    try:
        sandbox.start()
    except DirectoryError as error:
        sandbox.stop()
        pytest.skip(f"no {directory} directory here: {error}")
    try:
        yield Chain(sandbox, sandbox.environment_file(folder / "sandbox.yaml"))
        assert sandbox.journal.failures() == []
    finally:
        sandbox.stop()
