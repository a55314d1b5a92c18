"""What the checks of an environment ask of the services, over TLS and with the real clients."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import ldap3
import pytest
from azure.identity import WorkloadIdentityCredential

from provision.environment import Environment
from provision.sandbox import seed
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.graph.app_roles import GRAPH_APP_ID, GRAPH_OBJECT_ID
from provision.sandbox.outside import HttpReply, Outside
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.tokens import ARM, GRAPH

if TYPE_CHECKING:
    from pathlib import Path

READ_LCW = "7c67316a-232a-4b84-be22-cea2c0906404"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this file, with a few catalogs more."""
    made = Sandbox(tmp_path_factory.mktemp("sandbox"), speed=600, extra_catalogs=3)
    made.start()
    yield made
    assert made.journal.failures() == []
    made.stop()


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The sandbox as it starts."""
    running.reset()
    return running


def ask(sandbox: Sandbox, method: str, path: str, audience: str, body: Any = None) -> HttpReply:
    token = sandbox.authority.issue(sandbox.world.cloud.administrator, audience)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    return Outside(sandbox._certificates.client_context()).send(method, f"{sandbox.url}{path}", headers, content)


def signed_in(sandbox: Sandbox) -> WorkloadIdentityCredential:
    return WorkloadIdentityCredential(
        tenant_id=seed.TENANT,
        client_id=seed.ADMINISTRATOR_APP_ID,
        token_file_path=str(sandbox.folder.administrator_token),
        authority=sandbox.url,
        disable_instance_discovery=True,
        connection_verify=str(sandbox.ca_file),
    )


def test_the_administrator_signs_in_with_a_token_file_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    environment = Environment.load(str(sandbox.environment_file(tmp_path / "a.yaml", administrator=True)))
    assert environment.credential.client_id == seed.ADMINISTRATOR_APP_ID
    assert sandbox.folder.administrator_token.stat().st_mode & 0o077 == 0
    claims = sandbox.authority.claims(sandbox.folder.administrator_token.read_text(encoding="utf-8"))
    assert claims is not None
    assert claims["sub"] == seed.ADMINISTRATOR_APP_ID
    with signed_in(sandbox) as credential:
        token = sandbox.authority.claims(credential.get_token("https://graph.microsoft.com/.default").token)
    assert token is not None
    assert token["roles"] == ["AppRoleAssignment.ReadWrite.All", "Application.Read.All"]


def test_a_permission_that_is_given_works_at_once_and_one_that_is_taken_does_no_more(sandbox: Sandbox) -> None:
    person = sandbox.world.cloud.deployer.object_id
    path = f"/v1.0/servicePrincipals/{person}/appRoleAssignments"
    body = {"principalId": person, "resourceId": GRAPH_OBJECT_ID, "appRoleId": READ_LCW}
    assert ask(sandbox, "GET", f"/v1.0/servicePrincipals(appId='{GRAPH_APP_ID}')", GRAPH).status == 200
    made = ask(sandbox, "POST", path, GRAPH, body)
    assert made.status == 201
    now = sandbox.world.principals.get(person)
    assert now is not None
    assert "LifecycleWorkflows.Read.All" in now.app_roles
    assert ask(sandbox, "POST", path, GRAPH, body).status == 400
    assert ask(sandbox, "DELETE", f"{path}/{json.loads(made.body)['id']}", GRAPH).status == 204


def test_what_the_caller_may_do_is_told(sandbox: Sandbox) -> None:
    path = f"{sandbox.world.cloud.account.resource_id}/providers/Microsoft.Authorization/permissions"
    reply = ask(sandbox, "GET", f"{path}?api-version=2022-04-01", ARM)
    assert [item["actions"] for item in json.loads(reply.body)["value"]] == [["*"]]


@pytest.mark.parametrize("minutes", [0, 11])
def test_every_answer_has_a_date_and_the_clock_can_be_wrong(sandbox: Sandbox, minutes: int) -> None:
    sandbox.conduct.clock_skew = timedelta(minutes=minutes)
    request = urllib.request.Request(f"{sandbox.url}/{seed.TENANT}/v2.0/.well-known/openid-configuration")  # noqa: S310 - the sandbox's own address
    with urllib.request.urlopen(request, context=sandbox._certificates.client_context()) as answer:  # noqa: S310 - as above
        dates = answer.headers.get_all("Date") or []
    assert len(dates) == 1
    ahead = parsedate_to_datetime(dates[0]) - datetime.now(UTC)
    assert abs(ahead - timedelta(minutes=minutes)) < timedelta(seconds=30)


def test_a_reset_ends_latency_and_skew(sandbox: Sandbox) -> None:
    sandbox.conduct.latency, sandbox.conduct.clock_skew = 1.0, timedelta(minutes=3)
    sandbox.reset()
    assert (sandbox.conduct.latency, sandbox.conduct.clock_skew) == (0.0, timedelta())


def test_extra_catalogs_are_in_graph_in_the_directory_and_in_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    environment = Environment.load(str(sandbox.environment_file(tmp_path / "many.yaml")))
    assert [catalog.name for catalog in environment.catalogs][2:] == ["Catalog 001", "Catalog 002", "Catalog 003"]
    tenant = sandbox.world.entitlement.tenant
    assert len(tenant.rows("accessPackageAssignmentPolicy")) == 4 + 3
    assert sandbox.directory.sid_of("Many_003_Write")


def test_the_directorys_clock_can_be_wrong_until_a_reset(sandbox: Sandbox) -> None:
    directory = sandbox.directory
    assert isinstance(directory, EmbeddedDirectory)
    directory.skew_clock(timedelta(minutes=-20))
    assert told(sandbox) - datetime.now(UTC) < timedelta(minutes=-19)
    sandbox.reset()
    assert abs(told(sandbox) - datetime.now(UTC)) < timedelta(minutes=1)


def told(sandbox: Sandbox) -> datetime:
    """What rootDSE says the time is."""
    tls = ldap3.Tls(ca_certs_file=str(sandbox.ca_file))
    server = ldap3.Server(sandbox.directory.url, tls=tls, get_info=ldap3.NONE)
    with ldap3.Connection(server) as connection:
        assert connection.search("", "(objectClass=*)", ldap3.BASE, attributes=["currentTime"])
        found: Any = connection.response
        text = found[0]["raw_attributes"]["currentTime"][0].decode()
    return datetime.strptime(text, "%Y%m%d%H%M%S.0Z").replace(tzinfo=UTC)
