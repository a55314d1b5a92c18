from __future__ import annotations

import hashlib

import pytest

from provision.errors import ProvisionError
from provision.resource import Request
from tests.fakes import ACCOUNT, InMemoryAzure
from tests.sample import SCRIPT, carried_out, planned, provisioned

KEY = f"{ACCOUNT}/runbooks/lockstep".lower()
PYTHON3 = {"account": "aa-identity", "hybrid_worker_group": "onprem-workers", "runbook_type": "Python3"}


def written(azure: InMemoryAzure) -> Request:
    return next(request for request in azure.writes if "/runbooks/" in str(request.target))


def test_a_new_runbook_is_a_draft_with_our_tags_and_the_digest_of_its_content() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    assert written(azure).verb == "put"
    assert written(azure).body == {
        "location": "westeurope",
        "tags": {
            "managed-by": "lockstep",
            "lockstep-environment": "test",
            "lockstep-content": hashlib.sha256(SCRIPT.encode()).hexdigest(),
        },
        "properties": {
            "description": "lockstep:test keeps AD groups in step with access packages",
            "runbookType": "Python",
            "runtimeEnvironment": "Python-3.10",
            "logVerbose": False,
            "logProgress": False,
            "draft": {},
        },
    }


def test_the_older_type_has_no_runtime_environment() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, automation=PYTHON3))

    assert "runtimeEnvironment" not in written(azure).body["properties"]
    assert planned(azure, automation=PYTHON3).changes == ()


def test_an_update_keeps_the_published_state_and_foreign_tags() -> None:
    azure = provisioned()
    azure.arm[KEY]["tags"]["cost"] = "4711"
    azure.arm[KEY]["properties"]["description"] = "lockstep:test edited"

    carried_out(azure, planned(azure))

    assert written(azure).verb == "patch"
    assert azure.arm[KEY]["tags"]["cost"] == "4711"
    assert azure.arm[KEY]["properties"]["state"] == "Published"
    assert planned(azure).changes == ()


def test_foreign_tags_are_no_difference() -> None:
    azure = provisioned()
    azure.arm[KEY]["tags"]["cost"] = "4711"

    assert planned(azure).changes == ()


def test_a_type_that_cannot_change_in_place_is_refused_with_the_way_out() -> None:
    azure = provisioned()

    with pytest.raises(ProvisionError, match=r"cannot become Python3 in place\. Give the runbook another name"):
        carried_out(azure, planned(azure, automation=PYTHON3))
    assert azure.arm[KEY]["properties"]["runbookType"] == "Python"


def test_a_name_in_another_case_is_the_same_runbook() -> None:
    azure = provisioned()
    spelled = {"account": "aa-identity", "hybrid_worker_group": "onprem-workers", "runbook": "LockStep"}

    changes = planned(azure, automation=spelled).changes
    azure.arm[KEY]["tags"] = {}
    (refusal,) = planned(azure, automation=spelled).refusals

    assert {str(change).split(" lockstep-")[0] for change in changes} == {"update Logic App"}
    assert "runbook LockStep exists, not ours" in str(refusal)


def test_tags_in_another_case_are_no_difference() -> None:
    azure = provisioned()
    (key,) = (key for key in azure.arm if "/runbooks/" in key)
    azure.arm[key]["tags"] = {name.upper(): value for name, value in azure.arm[key]["tags"].items()}

    assert planned(azure).changes == ()
