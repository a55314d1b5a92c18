"""What a person can get wrong, typed against a running sandbox: told with its remedy, and nothing is changed."""

from __future__ import annotations

import json

import pytest

from provision.sandbox import seed
from tests.end_to_end.mistake import Disturb, Mistake, check_refused, in_file
from tests.end_to_end.scene import Scene, typed

FINANCE = seed.CATALOGS[0].catalog_id


def second_finance(scene: Scene) -> None:
    tenant = scene.sandbox.world.entitlement.tenant
    tenant.add("accessPackageCatalog", tenant.require("accessPackageCatalog", FINANCE).values)


def long_catalog(scene: Scene) -> None:
    name = "Finance and Controlling of all subsidiaries"
    scene.rename("accessPackageCatalog", FINANCE, name)
    scene.change("- Finance", f"- {name}")


def long_resource_group(scene: Scene) -> None:
    scene.move_to_resource_group("rg-identity-and-access-management")
    scene.change("rg-identity", "rg-identity-and-access-management")


def not_signed_in(method: str) -> Disturb:
    def disturb(scene: Scene) -> None:
        section = scene.environment.partition("credential:\n")[2].partition("\n\n")[0]
        scene.change(section, f"  method: {method}")

    return disturb


TENANT = (
    Mistake(
        "no such catalog", in_file("- Finance", "- Finanse"), ("there is no catalog Finanse. Correct it",), "Finanse"
    ),
    Mistake(
        "a catalog name that exists twice",
        second_finance,
        ("2 catalogs are called Finance. Write the id of the one you mean: ", FINANCE),
        "Finance",
    ),
    Mistake(
        "one catalog by name and by id",
        in_file("- Engineering", f"- {FINANCE}"),
        (f"Finance and {FINANCE} are the same catalog {FINANCE}. Remove one.",),
    ),
    Mistake(
        "no Automation account",
        in_file("account: aa-identity", "account: aa-nothing"),
        ("Automation account aa-nothing does not exist in resource group rg-identity. Create it, or correct the name",),
        "aa-nothing",
    ),
    Mistake(
        "no hybrid worker group",
        in_file("onprem-workers", "offprem-workers"),
        ("there is no hybrid worker group offprem-workers. Create it, or correct the name.",),
        "offprem-workers",
    ),
    Mistake(
        "silent workers",
        lambda scene: scene.sandbox.silence(silent=True),
        ("the workers of hybrid worker group onprem-workers are silent since ", "Start the machine and its Hybrid"),
    ),
    Mistake(
        "no such resource group",
        in_file("rg-identity", "rg-nothing"),
        ("Resource group 'rg-nothing' could not be found. Check `resource_group`",),
    ),
    Mistake(
        "no such subscription",
        in_file(seed.SUBSCRIPTION, seed.TENANT),
        (f"The subscription '{seed.TENANT}' could not be found. Check `tenant` and `subscription`",),
    ),
    Mistake(
        "a name that Azure does not take",
        long_catalog,
        (
            "lockstep-sandbox-finance-and-controlling-of-all-subsidiaries has 60 characters, Azure allows 43.",
            "catalog Finance and Controlling of all subsidiaries",
            "Give it a shorter `logic_app:` name",
        ),
    ),
    Mistake(
        "a resource id that Entra does not take",
        long_resource_group,
        ("lockstep-sandbox-finance makes a resource id of 161 characters, Entra accepts 150.", "`logic_app:`"),
    ),
)

SIGN_IN = (
    Mistake(
        "no token file",
        in_file("deployer.jwt", "nobody.jwt"),
        ("No sign-in to tenant", "No such file or directory", "nobody.jwt", "Check `credential.client_id`"),
    ),
    Mistake(
        "wrong tenant",
        in_file(seed.TENANT, seed.SUBSCRIPTION),
        (f"No sign-in to tenant {seed.SUBSCRIPTION}", "AADSTS90002", "Check `tenant` in the environment file"),
    ),
    Mistake(
        "wrong application",
        in_file(seed.DEPLOYER_APP_ID, seed.TENANT),
        ("AADSTS700016", f"Application with identifier '{seed.TENANT}' was not found", "Check `credential.client_id`"),
    ),
    Mistake(
        "no Azure CLI",
        not_signed_in("azure_cli"),
        ("(azure_cli): ", f"Run `az login --tenant {seed.TENANT}`, or choose another `credential.method`"),
    ),
    Mistake("no variables", not_signed_in("environment"), ("(environment): ", "Set AZURE_TENANT_ID, AZURE_CLIENT_ID")),
    Mistake(
        "no authority to trust",
        in_file("ca.pem\n\ntenant", "none.pem\n\ntenant"),
        ("none.pem: no certificates can be read from it: No such file or directory", "Correct `ca_file` under `cloud`"),
    ),
    Mistake(
        "no certificate in the authority's file",
        in_file("ca.pem\n\ntenant", "deployer.jwt\n\ntenant"),
        ("deployer.jwt: no certificates can be read from it", "Correct `ca_file` under `cloud`"),
    ),
    Mistake(
        "no right in Azure",
        lambda scene: scene.give_roles(),
        ("No permission for Microsoft.Automation/automationAccounts/read on /sub", "the role Automation Contributor"),
    ),
    Mistake(
        "no right in Entra",
        lambda scene: scene.permit(),
        ("No permission for reading the policies", "EntitlementManagement.Read.All of Microsoft Graph, with admin"),
    ),
)


@pytest.mark.parametrize("mistake", [*TENANT, *SIGN_IN], ids=lambda mistake: mistake.name)
def test_what_is_wrong_is_named_with_its_remedy_and_nothing_is_changed(scene: Scene, mistake: Mistake) -> None:
    check_refused(scene, mistake)


USAGE = (
    (["apply"], "Missing option '--environment' / '-e'. See `lockstep apply --help`."),
    (["aply", "-e", "sandbox"], "No such command 'aply'. Did you mean 'apply'"),
    (["apply", "-e", "sandbox", "--force"], "No such option: --force"),
    (["apply", "-e", "nowhere"], "Known names: example, sandbox."),
    (["apply", "-e", "no/such/file.yaml"], "the environment file no/such/file.yaml does not exist"),
    (["render", "-e", "sandbox"], "--catalog NAME, once, or --lifecycle says which Logic App"),
)


@pytest.mark.parametrize(("arguments", "says"), USAGE)
def test_wrong_usage_says_how_it_is_used(arguments: list[str], says: str) -> None:
    done = typed(*arguments)

    assert (done.code, done.out) == (1, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["apply"], "Apply these 23 changes? Nobody can answer here: add --yes to do it without asking."),
        (["apply", "--yes", "--catalog", "Sales"], "--catalog: Sales is none of them. Environment sandbox has Finance"),
        (["apply", "--yes", "--plan-checksum", "0"], "--plan-checksum 0 belongs to another plan; this one has "),
        (["render", "--catalog", "General"], "General is not a catalog of environment sandbox"),
    ],
)
def test_what_cannot_be_done_as_it_was_typed_is_not_done(scene: Scene, arguments: list[str], says: str) -> None:
    done = scene.type(*arguments)

    assert (done.code, done.out) == (1, ""), done
    assert says in done.err
    assert (scene.written(), scene.chain.leftovers()) == ([], [])


def test_what_is_gone_already_keeps_nothing_from_being_taken_away(scene: Scene) -> None:
    scene.type("apply", "--yes")
    scene.mapping_file.unlink()
    scene.change("- Engineering", "- Sales")
    scene.sandbox.world.cloud.account.groups.clear()

    done = scene.type("destroy", "--yes")

    assert done.code == 0, done.err
    assert scene.chain.leftovers() == []


def test_destroy_asks_too(scene: Scene) -> None:
    scene.type("apply", "--yes")
    before = scene.written()

    done = scene.type("destroy")

    assert (done.code, done.out) == (1, "")
    assert "Delete these 22 things? Nobody can answer here: add --yes" in done.err
    assert scene.written() == before != []


def test_what_bears_our_names_and_is_not_ours_is_refused_by_name(scene: Scene) -> None:
    scene.type("apply", "--yes")
    scene.disown()
    before = scene.written()

    done = scene.type("apply", "--yes")

    assert (done.code, done.out) == (1, "")
    for thing, way_out in (
        ("runbook lockstep", "give the runbook another name with `automation.runbook`"),
        ("variable lockstep-sandbox-settings", "delete the variable, or choose another `name`"),
        ("variable lockstep-sandbox-mapping", "delete the variable, or choose another `name`"),
        ("Logic App lockstep-sandbox-finance", "give catalog Finance another name with `logic_app:`"),
        ("Logic App lockstep-sandbox-engineering", "give catalog Engineering another name with `logic_app:`"),
        ("custom extension Finance", ""),
        ("custom extension Engineering", ""),
    ):
        assert f"{thing} exists, not ours: take it over with --adopt, or {way_out}" in done.err
    assert scene.written() == before != []


def test_each_missing_right_to_write_is_named_and_the_next_run_goes_on_from_there(scene: Scene) -> None:
    """A right that is missing half-way shows when its write is refused: what was done before it is told, and stays."""
    asked = []
    others = ("LifecycleWorkflows.ReadWrite.All", "Application.Read.All")
    scene.permit("EntitlementManagement.Read.All", *others)
    roles = ["Reader"]
    scene.give_roles(*roles)
    for role in ("Automation Contributor", "Role Based Access Control Administrator", "Logic App Contributor", ""):
        done = scene.type("apply", "--yes")
        assert done.code == 1, done
        asked.append(done.err.partition("No permission for ")[2].partition(" Sign in")[0].partition(" there")[0])
        roles.append(role)
        scene.give_roles(*filter(None, roles))

    scene.permit("EntitlementManagement.ReadWrite.All", *others)
    last = scene.type("apply", "--yes")

    assert [words.rpartition("the role ")[2] for words in asked[:3]] == roles[1:4]
    assert "EntitlementManagement.ReadWrite.All" in asked[3]
    assert last.code == 0, last.err
    assert json.loads(scene.type("plan", "--json").out)["changes"] == []
