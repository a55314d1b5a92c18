"""What surrounds the runbook on a worker, small: an HTTPS server that plays Azure, and the file run as a process.

The directory beside it is one of the sandbox's. Nothing here judges; the tests do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.seed import BIND_PASSWORD

USER = "66666666-6666-4666-8666-666666666601"
ACCOUNT = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity"
    "/providers/Microsoft.Automation/automationAccounts/aa-identity"
)
JOB = "12121212-1212-4212-8212-121212121212"
READERS, WRITERS = "77777777-7777-4777-8777-777777777701", "77777777-7777-4777-8777-777777777702"
MAPPING = {
    "AccessPackages": [
        {"AccessPackageID": READERS, "ADGroups": ["Finance_Readers", "Finance_Reports"]},
        {"AccessPackageID": WRITERS, "ADGroups": ["Finance_Readers", "LAB\\Finance_Writers"]},
    ]
}
SECRETS = (BIND_PASSWORD, "token:", "the-header")
"""Nothing of these may ever be in a job's output."""
ARM, GRAPH, VAULT = "https://management.azure.com/", "https://graph.microsoft.com", "https://vault.azure.net"

Reply = tuple[int, Any]


@dataclass
class Azure:
    """The answers to GET, by path; `requests` is what was asked. A bytes body is sent as it is, then cut off."""

    answers: dict[str, Callable[[Mapping[str, str]], Reply]] = field(default_factory=dict)
    audiences: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    base: str = ""

    def serve(self, path: str, audience: str, answer: Callable[[Mapping[str, str]], Reply]) -> None:
        """Answers `path` to whoever brings a token for `audience`."""
        self.answers[path] = answer
        self.audiences[path] = audience

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """The reply to one GET."""
        self.requests.append(path)
        if path == "/identity":
            if headers.get("x-identity-header") != "the-header":
                return 401, {"message": "wrong header"}
            return 200, {"access_token": f"token:{query['resource']}", "expires_on": "0"}
        if path not in self.answers:
            return 404, {"error": {"code": "NotFound", "message": path}}
        if headers.get("authorization") != f"Bearer token:{self.audiences[path]}":
            return 401, {"error": {"code": "InvalidAuthenticationToken", "message": "wrong token"}}
        return self.answers[path](query)


class AzureServer:
    """`azure` on a free port of this machine, by HTTPS."""

    def __init__(self, azure: Azure, context: ssl.SSLContext) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, body = azure.answer(
                    parts.path, query, {name.lower(): value for name, value in self.headers.items()}
                )
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                extra = 100 if isinstance(body, bytes) else 0
                self.send_header("Content-Length", str(len(content) + extra))
                self.send_header("Retry-After", "0")
                if isinstance(body, dict) and "Location" in body:
                    self.send_header("Location", body["Location"])
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
                del format, arguments

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        azure.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def settings(azure: Azure, directory: Any, ca_file: Path, mapping: str) -> dict[str, Any]:
    """The settings variable of an environment with that directory and mapping."""
    return {
        "version": 1,
        "environment": "test",
        "tenant": "11111111-1111-4111-8111-111111111111",
        "graph": azure.base,
        "graph_audience": GRAPH,
        "mapping": {"source": "variable", "name": "map", "sha256": hashlib.sha256(mapping.encode()).hexdigest()},
        "directory": {
            "servers": [{"url": directory.url, "certificate_name": "localhost"}],
            "base": directory.base,
            "domain": "LAB",
            "ca_file": str(ca_file),
            "bind": {
                "method": "simple",
                "user": directory.bind_user,
                "password": {"key_vault": f"{azure.base}/secrets/ad-bind"},
            },
        },
        "key_vault_audience": VAULT,
        "safety": {"protected_groups": [], "protected_users": []},
    }


def assignment(
    package: str, state: str = "delivered", number: int = 1, user: str = USER, sid: str | None = None
) -> dict[str, Any]:
    """An assignment as Graph shows it; `number` makes its id."""
    return {
        "id": f"99999999-9999-4999-8999-{number:012d}",
        "state": state,
        "accessPackage": {"id": package, "displayName": "x"},
        "target": {"objectId": user, "onPremisesSecurityIdentifier": sid},
    }


def furnish(azure: Azure, directory: Any, ca_file: Path, rows: list[dict[str, Any]], sid: str | None) -> dict[str, Any]:
    """Puts settings, mapping, secret, user and assignments behind `azure`; returns the settings, to be changed."""
    mapping = json.dumps(MAPPING)
    config = settings(azure, directory, ca_file, mapping)
    variables = f"{ACCOUNT}/variables"
    azure.serve(f"{variables}/settings", ARM, lambda _: (200, {"properties": {"value": json.dumps(config)}}))
    azure.serve(f"{variables}/map", ARM, lambda _: (200, {"properties": {"value": json.dumps(mapping)}}))
    azure.serve("/secrets/ad-bind", VAULT, lambda _: (200, {"value": directory.bind_password}))
    person = {"id": USER, "onPremisesSecurityIdentifier": sid}
    azure.serve(f"/v1.0/users/{USER}", GRAPH, lambda _: (200, person))
    listing = "/v1.0/identityGovernance/entitlementManagement/assignments"

    def page(query: Mapping[str, str]) -> Reply:
        ids = [(row, {row["target"]["objectId"], row["accessPackage"]["id"]}) for row in rows]
        chosen = [row for row, named in ids if any(f"'{each}'" in query["$filter"] for each in named)]
        return 200, {"value": chosen}

    azure.serve(listing, GRAPH, page)
    return config


def envelope(azure: Azure, **changes: Any) -> dict[str, Any]:
    """A granted callout of READERS with a quarter of an hour to go."""
    until = datetime.now(UTC) + timedelta(minutes=15)
    return {
        "version": 1,
        "source": "entitlement",
        "environment": "test",
        "job": JOB,
        "user": USER,
        "stage": "assignmentRequestGranted",
        "request_type": "adminAdd",
        "request": "13131313-1313-4313-8313-131313131313",
        "stage_instance": "14141414-1414-4414-8414-141414141414",
        "access_package": READERS,
        "assignment": "99999999-9999-4999-8999-000000000001",
        "catalog": "33333333-3333-4333-8333-333333333301",
        "deadline": until.strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
        "arm": azure.base,
        "arm_audience": ARM,
        "automation_account": ACCOUNT,
        "settings": "settings",
        **changes,
    }


def asked_by(source: str, azure: Azure, **more: Any) -> dict[str, Any]:
    """An envelope of another source than a callout."""
    callout = envelope(azure)
    common = ("version", "environment", "job", "deadline", "arm", "arm_audience", "automation_account", "settings")
    return {**{key: callout[key] for key in common}, "source": source, **more}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: exit code, all its output, and the result in its last line."""

    code: int
    output: str
    result: dict[str, Any]

    def checks(self) -> dict[str, dict[str, str]]:
        """Its LOCKSTEP-CHECK lines by subject."""
        lines = [line for line in self.output.splitlines() if line.startswith("LOCKSTEP-CHECK ")]
        found = [json.loads(line.removeprefix("LOCKSTEP-CHECK ")) for line in lines]
        return {each["subject"]: each for each in found}


def start_file(
    python: str, script: Path, parameter: dict[str, Any], azure: Azure, ca_file: Path
) -> subprocess.Popen[bytes]:
    """Starts the uploaded file as a worker does: alone, with nothing installed, in a worker's environment."""
    text = "b64." + base64.b64encode(json.dumps(parameter).encode()).decode()
    environ = {
        "PATH": os.environ["PATH"],
        "SSL_CERT_FILE": str(ca_file),
        "IDENTITY_ENDPOINT": f"{azure.base}/identity",
        "IDENTITY_HEADER": "the-header",
    }
    command = [python, "-I", str(script), text]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run_file(python: str, script: Path, parameter: dict[str, Any], azure: Azure, ca_file: Path) -> Ended:
    """Runs the uploaded file to its end."""
    process = start_file(python, script, parameter, azure, ca_file)
    try:
        stdout, stderr = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    output = stdout.decode("ascii")
    assert not any(secret in output for secret in SECRETS)
    last = output.rstrip("\n").rpartition("\n")[2]
    assert last.startswith("LOCKSTEP-RESULT "), output
    assert stderr == b""
    return Ended(process.returncode, output, json.loads(last.removeprefix("LOCKSTEP-RESULT ")))


class World:
    """A directory, an Azure and the file: Ada is in no group of the mapping and has no assignment."""

    def __init__(self, directory: Any, certificates: CertificateAuthority, script: Path) -> None:
        self.directory = directory
        self.ca_file = certificates.ca_file
        self.rows: list[dict[str, Any]] = []
        self.azure = Azure()
        self.server = AzureServer(self.azure, certificates.server_context())
        self._script = script
        self.settings = furnish(self.azure, directory, self.ca_file, self.rows, directory.sid_of("ada.lovelace"))

        self.azure.serve("/v1.0/users", GRAPH, self._users)

    def _users(self, query: Mapping[str, str]) -> Reply:
        """All people of the seed, two a page, with the accounts that they have in the directory."""
        begin = int(query.get("$skiptoken", "0"))
        rows = [
            {"id": user.object_id, "onPremisesSecurityIdentifier": self.directory.sid_of(user.account)}
            for user in seed.USERS[begin : begin + 2]
        ]
        more = f"{self.azure.base}/v1.0/users?$skiptoken={begin + 2}"
        return 200, {"value": rows, **({"@odata.nextLink": more} if begin + 2 < len(seed.USERS) else {})}

    def begin(self, source: str, **more: Any) -> subprocess.Popen[bytes]:
        """Starts the job as `ask` does, and does not wait for it."""
        return start_file(sys.executable, self._script, asked_by(source, self.azure, **more), self.azure, self.ca_file)

    def run(self, **changes: Any) -> Ended:
        """Runs the job for a granted callout of READERS, but for `changes`."""
        return run_file(sys.executable, self._script, envelope(self.azure, **changes), self.azure, self.ca_file)

    def ask(self, source: str, **more: Any) -> Ended:
        """Runs the job as another source asks for it."""
        return run_file(sys.executable, self._script, asked_by(source, self.azure, **more), self.azure, self.ca_file)

    def person(self, sid: str | None) -> None:
        """Gives the Entra user another AD account."""
        self.azure.serve(
            f"/v1.0/users/{USER}", GRAPH, lambda _: (200, {"id": USER, "onPremisesSecurityIdentifier": sid})
        )

    def map(self, *groups: str) -> None:
        """Makes these the groups of READERS, in a mapping on the worker."""
        file = self._script.with_name("map.json")
        package = {"AccessPackageID": READERS, "ADGroups": list(groups)}
        file.write_text(json.dumps({"AccessPackages": [package, MAPPING["AccessPackages"][1]]}))
        self.settings["mapping"] = {"source": "worker", "path": str(file)}

    def groups(self, account: str = "ada.lovelace") -> list[str]:
        """The groups the person is in, without those that no mapping names."""
        return [name for name in self.directory.groups_of(account) if name != "Staff_All"]
