"""The catalogs and access packages: what the files name and Entra does not have."""

from __future__ import annotations

from provision.doctor.examination import examine
from provision.errors import ProvisionError
from tests.fakes import guid
from tests.patient import Patient, examined, facts, found, noticed, red, sound


def test_a_package_in_no_listed_catalog_is_named_with_its_place() -> None:
    checks = examined(sound(), mapped=("p1", "p2", "p3", "p9"))

    check = found(checks, f"access package {guid('p9')}")
    assert (check.state, check.said) == ("fail", "is in none of the catalogs that the environment file lists")
    assert "(mapping.json:21:5;" in check.fix
    others = {subject for _, subject, _ in red(checks)} - {check.subject}
    assert others == {"variable lockstep-test-settings", "variable lockstep-test-mapping"}


def test_a_package_without_policy_is_a_warning() -> None:
    patient = sound()
    del patient.policies[guid("q-p3")]

    (entry,) = noticed(examined(patient))

    assert entry == ("mapping", f"access package {guid('p3')}", "warn")


def test_a_catalog_that_the_mapping_does_not_name_is_a_warning() -> None:
    patient = sound()
    patient.add_catalog("c3", "Sales", {"p7": "Seller"})

    checks = examined(patient, catalogs=["Finance", "Engineering", "Sales"])

    assert found(checks, "catalog Sales: packages").state == "warn"


def test_catalogs_that_are_not_there_or_there_twice() -> None:
    patient = sound()
    patient.add_catalog("c4", "Engineering", {})

    checks = examined(patient, catalogs=["Finance", "Engineering", "Nowhere"])

    twice, nowhere = found(checks, "catalog Engineering"), found(checks, "catalog Nowhere")
    assert (twice.state, nowhere.state) == ("fail", "fail")
    assert guid("c2") in twice.said
    assert guid("c4") in twice.said
    assert "Write the id of the one you mean: test.yaml:" in twice.fix
    assert nowhere.said == "does not exist"
    assert found(checks, "catalog Finance").state == "ok"


def test_two_catalogs_that_share_a_logic_app() -> None:
    catalogs = [{"name": "Finance", "logic_app": "lockstep-test-engineering"}, "Engineering"]

    checks = examined(Patient(), catalogs=catalogs)

    shared = [check for check in checks if check.said == "would share its Logic App with another catalog"]
    assert [check.state for check in shared] == ["fail"]


def test_a_name_that_azure_does_not_take() -> None:
    patient = Patient()
    patient.add_catalog("c5", "Finance " + "x" * 60, {})

    check = found(examined(patient, catalogs=["Finance " + "x" * 60]), f"catalog Finance {'x' * 60}")

    assert check.state == "fail"
    assert "characters, Azure allows 43" in check.said


def test_a_mapping_that_cannot_be_used_hides_only_what_hangs_on_it() -> None:
    problem = "mapping.json:1:1: not JSON. Write JSON."

    checks = examine(facts(sound(), problem=problem))

    check = found(checks, "mapping")
    assert (check.state, check.fix) == ("unknown", "Write JSON.")
    assert {area for area, _, _ in red(checks)} == {"mapping", "runbook", "policy stages"}
    assert found(checks, "lockstep-test-finance: claim p").state == "ok"


def test_packages_or_policies_that_cannot_be_read() -> None:
    for noun in ("packages", "policies"):
        patient = sound()
        patient.silent[f"'{noun}'"] = ProvisionError(
            f"Microsoft Graph answered {noun} without a list. Try again later."
        )

        checks = examined(patient)

        assert {area for area, _, _ in red(checks)} == {"credential", "mapping", "policy stages"}
        assert {state for _, _, state in red(checks)} == {"unknown"}


def test_an_answer_that_makes_no_inventory_leaves_what_needs_none() -> None:
    patient = sound()
    for policy in patient.policies.values():
        del policy["catalog"]

    checks = examined(patient)

    assert found(checks, "the plan").state == "unknown"
    assert "did not say which catalog" in found(checks, "the plan").said
    assert found(checks, "this machine").state == "ok"
    assert found(checks, "Azure role for Logic Apps").state == "ok"
    assert found(checks, "aa-identity").state == "unknown"


def test_half_a_policy_makes_no_plan() -> None:
    patient = sound()
    setting = {"id": "s", "stage": "assignmentRequestGranted", "customExtension": {"id": ""}}
    patient.policies[guid("q-p3")]["customExtensionStageSettings"] = [setting]
    patient.extensions[""] = {"id": "", "catalog": "x"}

    checks = examined(patient)

    assert "did not give all stage settings" in found(checks, "the plan").said
    assert found(checks, "aa-identity").state == "ok"
    assert found(checks, "catalog Finance").state == "unknown"
