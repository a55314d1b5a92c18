from __future__ import annotations

import json
from typing import Any

import pytest

from provision.errors import ProvisionError
from provision.kinds import variable
from tests.fakes import ACCOUNT, InMemoryAzure
from tests.sample import carried_out, destroying, drawn, mapping_text, planned, provisioned

SETTINGS = f"{ACCOUNT}/variables/lockstep-test-settings".lower()
MAPPING = f"{ACCOUNT}/variables/lockstep-test-mapping".lower()
WORKER = {"source": "worker", "path": "/etc/lockstep/mapping.json", "file": "mapping.json"}


def bodies(azure: InMemoryAzure) -> list[dict[str, Any]]:
    return [request.body for request in azure.writes if "/variables/" in str(request.target)]


def test_values_are_json_text_and_not_encrypted() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    settings, mapping = bodies(azure)
    assert (settings["name"], mapping["name"]) == ("lockstep-test-settings", "lockstep-test-mapping")
    assert json.loads(settings["properties"]["value"])["environment"] == "test"
    assert json.loads(mapping["properties"]["value"]) == mapping_text("p1", "p2", "p3")
    assert settings["properties"]["description"] == "lockstep:test settings of the runbook"
    assert settings["properties"]["isEncrypted"] is False


def test_a_changed_mapping_updates_both_because_the_settings_hold_its_digest() -> None:
    azure = provisioned()

    plan = planned(azure, mapped=("p2", "p1", "p3"))

    assert [str(change) for change in plan.changes] == [
        "update variable lockstep-test-settings",
        "update variable lockstep-test-mapping",
    ]
    assert [difference.path for difference in plan.changes[0].differences] == ["value.mapping.sha256"]


def test_a_value_in_another_spelling_of_the_same_json_is_no_difference() -> None:
    azure = provisioned()
    properties = azure.arm[SETTINGS]["properties"]
    properties["value"] = json.dumps(json.loads(properties["value"]), indent=4)

    assert planned(azure).changes == ()


def test_a_value_that_is_no_json_is_put_right() -> None:
    azure = provisioned()
    azure.arm[SETTINGS]["properties"]["value"] = "not json"

    assert [str(change) for change in planned(azure).changes] == ["update variable lockstep-test-settings"]


def test_a_mapping_that_moved_to_the_worker_leaves_no_variable() -> None:
    azure = provisioned()

    carried_out(azure, planned(azure, mapping=WORKER))

    assert MAPPING not in azure.arm
    assert planned(azure, mapping=WORKER).changes == ()


def test_a_value_that_is_too_long_is_refused_before_anything_is_sent() -> None:
    blueprint = drawn(InMemoryAzure())

    with pytest.raises(
        ProvisionError, match=r"would have 1,048,\d+ characters, Azure Automation takes 1,048,576. Keep the"
    ):
        list(variable.desired(type(blueprint)(**{**_fields(blueprint), "mapping": "x" * 1_048_575})))


def test_a_foreign_variable_of_our_name_is_not_deleted() -> None:
    azure = provisioned()
    azure.arm[MAPPING]["properties"]["description"] = "lockstep:test-2 x"

    carried_out(azure, destroying(azure))

    assert MAPPING in azure.arm


def _fields(blueprint: Any) -> dict[str, Any]:
    return {name: getattr(blueprint, name) for name in blueprint.__slots__}
