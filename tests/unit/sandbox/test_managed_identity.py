from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.service import Answer, Call
from provision.sandbox.tokens import ARM, GRAPH

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

JOB = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"


def ask(azure: Azure, path: str, header: str, resource: str = "https://graph.microsoft.com", more: str = "") -> Answer:
    headers = {"x-identity-header": header, "metadata": "true"}
    return azure.send("GET", f"{path}?api-version=2019-08-01&resource={resource}{more}", headers=headers)


@pytest.mark.parametrize(("resource", "service"), [(GRAPH, GRAPH), ("https://management.azure.com/", ARM)])
def test_a_job_gets_tokens_of_the_accounts_identity(azure: Azure, resource: str, service: str) -> None:
    answer = ask(azure, *azure.cloud.managed_identity.admit(JOB), resource)
    assert answer.status == 200
    assert int(answer.body["expires_on"]) > 1_700_000_000
    call = Call("GET", "/", {}, {}, {"authorization": f"Bearer {answer.body['access_token']}"}, b"", "")
    assert azure.authority.caller(call, service).object_id == seed.AUTOMATION_OBJECT_ID


@pytest.mark.parametrize("names", [True, False])
def test_the_token_names_the_account_unless_it_shall_not(azure: Azure, names: bool) -> None:  # noqa: FBT001 - the cases
    azure.authority.names_resources = names
    answer = ask(azure, *azure.cloud.managed_identity.admit(JOB), ARM)
    claims = azure.authority.claims(answer.body["access_token"])
    assert claims is not None
    assert claims.get("xms_mirid", "").lower() == (azure.account.lower() if names else "")


def test_the_header_opens_only_while_the_job_runs(azure: Azure) -> None:
    path, header = azure.cloud.managed_identity.admit(JOB)
    assert ask(azure, path, "wrong").status == 401
    assert ask(azure, path, header).status == 200
    azure.cloud.managed_identity.dismiss(JOB)
    assert ask(azure, path, header).status == 401


def test_the_metadata_header_is_demanded(azure: Azure) -> None:
    path, header = azure.cloud.managed_identity.admit(JOB)
    answer = azure.send("GET", f"{path}?resource={GRAPH}", headers={"x-identity-header": header})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("resource", "more", "said"),
    [(GRAPH, "&client_id=x", "only the system-assigned"), ("https://other.example", "", "AADSTS500011")],
)
def test_other_identities_and_unknown_resources_are_refused(azure: Azure, resource: str, more: str, said: str) -> None:
    answer = ask(azure, *azure.cloud.managed_identity.admit(JOB), resource, more)
    assert answer.status == 400
    assert said in answer.body["message"]
