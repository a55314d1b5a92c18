from __future__ import annotations

import uuid

import pytest

from provision import naming
from tests.sample import LIFECYCLE, environment

GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Finance", "finance"),
        ("Finance & Controlling", "finance-controlling"),
        ("  Straße / Köln (Süd) ", "strasse-koln-sud"),
        ('Zoë\'s "A", @{B}', "zoe-s-a-b"),
        ("日本", "catalog"),
        ("---", "catalog"),
    ],
)
def test_a_slug_has_only_ascii_letters_digits_and_single_hyphens(name: str, slug: str) -> None:
    assert naming.slug(name) == slug


def test_logic_apps_are_named_after_environment_and_catalog() -> None:
    assert naming.logic_apps("prod", {"1": "Finance", "2": "HR"}) == {
        "1": "lockstep-prod-finance",
        "2": "lockstep-prod-hr",
    }


def test_catalogs_with_one_slug_get_names_of_their_own_that_do_not_depend_on_their_order() -> None:
    names = naming.logic_apps("prod", {"1": "HR!", "2": "HR?", "3": "IT"})

    assert names == naming.logic_apps("prod", {"3": "IT", "2": "HR?", "1": "HR!"})
    assert len({*names.values()}) == 3
    assert names["1"].startswith("lockstep-prod-hr-")
    assert names["3"] == "lockstep-prod-it"


@pytest.mark.parametrize(
    ("name", "group", "reason"),
    [
        ("a" * 43, "rg", None),
        ("a" * 44, "rg", "has 44 characters, Azure allows 43"),
        ("a" * 12, "g" * 40, "makes a resource id of 156 characters, Entra accepts 150. Give it a shorter"),
        ("ok", "g" * 90, "makes a resource id of 196 characters, Entra accepts 150. Use a resource group with a"),
        ("über", "rg", "may only have letters"),
    ],
)
def test_a_name_that_azure_or_entra_refuse_is_told_with_the_remedy(name: str, group: str, reason: str | None) -> None:
    identifier = naming.workflow_id(f"/subscriptions/{uuid.UUID(int=0)}/resourceGroups/{group}", name)

    problem = naming.logic_app_problem(name, identifier, "catalog Finance")

    if reason is None:
        assert problem is None
    else:
        assert reason in str(problem)
        assert str(problem).startswith("catalog Finance: ")


def test_a_role_assignment_is_named_after_scope_role_and_principal_whatever_their_case() -> None:
    name = naming.role_assignment("/Scope", "Role", "Principal")

    assert uuid.UUID(name)
    assert name == naming.role_assignment("/scope", "ROLE", "principal")
    assert name != naming.role_assignment("/scope", "role", "another")


def test_ids_and_names_come_from_the_environment() -> None:
    assert naming.account_id(environment()) == f"{GROUP}/providers/Microsoft.Automation/automationAccounts/aa-identity"
    assert naming.settings_variable("test") == "lockstep-test-settings"
    assert naming.mapping_variable("test") == "lockstep-test-mapping"
    assert naming.extension("test", "Finance") == "Lockstep test: Finance"


def test_the_logic_app_of_lifecycle_workflows_has_a_name_of_its_own_or_the_chosen_one() -> None:
    assert naming.lifecycle_logic_app(environment()) == "lockstep-test-lifecycle"
    assert naming.lifecycle_logic_app(environment(**LIFECYCLE)) == "lockstep-test-lifecycle"
    chosen = {"workflows": ["a"], "logic_app": "la-x"}
    assert naming.lifecycle_logic_app(environment(lifecycle_workflows=chosen)) == "la-x"
    longest = naming.lifecycle_logic_app(environment(name="e" * 20))
    assert naming.logic_app_problem(longest, longest, "Lifecycle Workflows") is None
