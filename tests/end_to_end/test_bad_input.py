"""What a person can get wrong, typed against a running sandbox: told with its remedy, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from provision.sandbox import seed
from tests.end_to_end.scene import Scene, played, typed

FINANCE, ENGINEERING = (catalog.catalog_id for catalog in seed.CATALOGS[:2])
ANALYST, MANAGER, ENGINEER = "777777777701", "777777777702", "777777777703"
GITHUB = """mapping:
  source: github
  api: {url}
  repository: contoso/identity
  path: mapping.json
  ref: main
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield from played(tmp_path_factory.mktemp("bad"))


@pytest.fixture
def scene(started: Scene) -> Scene:
    started.begin()
    return started


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `disturb` makes it so, `says` is what must then be read.

    `at` is a text of the environment file, or of the mapping if `in_mapping`, whose place must be given.
    """

    name: str
    disturb: Callable[[Scene], object]
    says: tuple[str, ...]
    at: str = ""
    in_mapping: bool = False


def in_file(old: str, new: str) -> Callable[[Scene], None]:
    return lambda scene: scene.change(old, new)


def mapped(old: str, new: str) -> Callable[[Scene], object]:
    assert old in ("", *_mapping_texts()), old
    return lambda scene: scene.mapping_file.write_text(scene.mapping.replace(old, new), encoding="utf-8")


def _mapping_texts() -> tuple[str, ...]:
    return (ANALYST, MANAGER, '"Finance_Readers",\n        "Finance_Reports"')


def written(text: str | bytes) -> Callable[[Scene], object]:
    content = text if isinstance(text, bytes) else text.encode()
    return lambda scene: scene.mapping_file.write_bytes(content)


def from_github(**changes: str) -> Callable[[Scene], None]:
    def disturb(scene: Scene) -> None:
        section = GITHUB.format(url=scene.sandbox.url)
        for key, value in changes.items():
            lines = [line for line in section.splitlines() if not line.startswith(f"  {key}:")]
            section = "\n".join([*lines, f"  {key}: {value}"]) + "\n"
        scene.change("mapping:\n  source: environment\n  file: sandbox.mapping.json\n", section)

    return disturb


MAPPING = (
    Fault(
        "absent",
        in_file("file: sandbox.mapping.json", "file: none.json"),
        ("none.json does not exist; write it, or correct the path",),
        "none.json",
    ),
    Fault("a folder", in_file("file: sandbox.mapping.json", "file: ."), ("cannot be read: Is a directory",)),
    Fault("not UTF-8", written(b"\xff\xfe{"), ("sandbox.mapping.json: is not UTF-8; save the file as UTF-8",)),
    Fault("empty", written(""), (':1:1: the mapping is empty; write {"AccessPackages": [',)),
    Fault("only blanks", written("\ufeff \n"), (":1:1: the mapping is empty",)),
    Fault(
        "without packages",
        written('{"AccessPackages": []}'),
        ('"AccessPackages" is empty; list at least one access package',),
        "[]",
        in_mapping=True,
    ),
    Fault("not JSON", lambda s: s.mapping_file.write_text(s.mapping[:-5]), ("not JSON: expected ','",)),
    Fault("YAML", written("AccessPackages:\n- x\n"), (":1:1: not JSON",)),
    Fault(
        "a package twice",
        mapped(MANAGER, ANALYST),
        (f"access package 77777777-7777-4777-8777-{ANALYST} is already mapped in line 3; merge the two",),
    ),
    Fault(
        "a package of no catalog",
        mapped(MANAGER, "777777777709"),
        ("777777777709 is in none of the catalogs Finance, Engineering. Correct the id, or list its catalog",),
    ),
    Fault(
        "a package of a catalog that is not listed",
        in_file("  - Engineering\n", ""),
        (f"{ENGINEER} is in none of the catalogs Finance.",),
    ),
    Fault(
        "names that AD cannot have",
        mapped('"Finance_Readers",\n        "Finance_Reports"', r'"Fin\"ance", "a*", "OU=x,y", "LAB\\", " a", ""'),
        (
            "'Fin\"ance' has the character '\"', which no AD account name can have",
            "'a*' has the character '*'",
            "'OU=x,y' is neither a group name nor a distinguished name",
            "'LAB\\' is not a group name: write Group_A, DOMAIN\\Group_A, a DN, a GUID or a SID",
            "' a' begins or ends with a blank; remove it",
            "group is empty; write the group's name",
        ),
        r'"Fin\"ance"',
        in_mapping=True,
    ),
    Fault(
        "not in the repository",
        from_github(path="nowhere.json"),
        ("github:contoso/identity/nowhere.json@main", "check mapping.repository, mapping.path and mapping.ref"),
    ),
    Fault(
        "no token for the repository",
        from_github(token_variable="LOCKSTEP_NO_SUCH_VARIABLE"),
        ("the environment variable LOCKSTEP_NO_SUCH_VARIABLE is not set; put a token",),
    ),
    Fault(
        "a token that GitHub refuses",
        from_github(token_variable="PATH"),
        ("GitHub does not accept the token in PATH; it may have expired: make a new one",),
    ),
)


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


def not_signed_in(method: str) -> Callable[[Scene], None]:
    def disturb(scene: Scene) -> None:
        section = scene.environment.partition("credential:\n")[2].partition("\n\n")[0]
        scene.change(section, f"  method: {method}")

    return disturb


TENANT = (
    Fault(
        "no such catalog", in_file("- Finance", "- Finanse"), ("there is no catalog Finanse. Correct it",), "Finanse"
    ),
    Fault(
        "a catalog name that exists twice",
        second_finance,
        ("2 catalogs are called Finance. Write the id of the one you mean: ", FINANCE),
        "Finance",
    ),
    Fault(
        "one catalog by name and by id",
        in_file("- Engineering", f"- {FINANCE}"),
        (f"Finance and {FINANCE} are the same catalog {FINANCE}. Remove one.",),
    ),
    Fault(
        "no Automation account",
        in_file("account: aa-identity", "account: aa-nothing"),
        ("Automation account aa-nothing does not exist in resource group rg-identity. Create it, or correct the name",),
        "aa-nothing",
    ),
    Fault(
        "no hybrid worker group",
        in_file("onprem-workers", "offprem-workers"),
        ("there is no hybrid worker group offprem-workers. Create it, or correct the name.",),
        "offprem-workers",
    ),
    Fault(
        "silent workers",
        lambda scene: scene.sandbox.silence(silent=True),
        ("the workers of hybrid worker group onprem-workers are silent since ", "Start the machine and its Hybrid"),
    ),
    Fault(
        "no such resource group",
        in_file("rg-identity", "rg-nothing"),
        ("Resource group 'rg-nothing' could not be found. Check `resource_group`",),
    ),
    Fault(
        "no such subscription",
        in_file(seed.SUBSCRIPTION, seed.TENANT),
        (f"The subscription '{seed.TENANT}' could not be found. Check `tenant` and `subscription`",),
    ),
    Fault(
        "a name that Azure does not take",
        long_catalog,
        (
            "lockstep-sandbox-finance-and-controlling-of-all-subsidiaries has 60 characters, Azure allows 43.",
            "catalog Finance and Controlling of all subsidiaries",
            "Give the catalog a shorter `logic_app:` name",
        ),
    ),
    Fault(
        "a resource id that Entra does not take",
        long_resource_group,
        ("lockstep-sandbox-finance makes a resource id of 161 characters, Entra accepts 150.", "`logic_app:`"),
    ),
)

SIGN_IN = (
    Fault(
        "no token file",
        in_file("deployer.jwt", "nobody.jwt"),
        ("No sign-in to tenant", "No such file or directory", "nobody.jwt", "Check `credential.client_id`"),
    ),
    Fault(
        "wrong tenant",
        in_file(seed.TENANT, seed.SUBSCRIPTION),
        (f"No sign-in to tenant {seed.SUBSCRIPTION}", "AADSTS90002", "Check `tenant` in the environment file"),
    ),
    Fault(
        "wrong application",
        in_file(seed.DEPLOYER_APP_ID, seed.TENANT),
        ("AADSTS700016", f"Application with identifier '{seed.TENANT}' was not found", "Check `credential.client_id`"),
    ),
    Fault(
        "no Azure CLI",
        not_signed_in("azure_cli"),
        ("(azure_cli): ", f"Run `az login --tenant {seed.TENANT}`, or choose another `credential.method`"),
    ),
    Fault("no variables", not_signed_in("environment"), ("(environment): ", "Set AZURE_TENANT_ID, AZURE_CLIENT_ID")),
    Fault(
        "no authority to trust",
        in_file("ca.pem\n\ntenant", "none.pem\n\ntenant"),
        ("none.pem: no certificates can be read from it: No such file or directory", "Correct `ca_file` under `cloud`"),
    ),
    Fault(
        "no certificate in the authority's file",
        in_file("ca.pem\n\ntenant", "deployer.jwt\n\ntenant"),
        ("deployer.jwt: no certificates can be read from it", "Correct `ca_file` under `cloud`"),
    ),
    Fault(
        "no right in Azure",
        lambda scene: scene.give_roles(),
        ("No permission for Microsoft.Logic/workflows/read on /subscriptions/", "the role Logic App Contributor"),
    ),
    Fault(
        "no right in Entra",
        lambda scene: scene.permit(),
        ("No permission for reading the catalogs", "EntitlementManagement.Read.All of Microsoft Graph, with admin"),
    ),
)


@pytest.mark.parametrize("fault", [*MAPPING, *TENANT, *SIGN_IN], ids=lambda fault: fault.name)
def test_what_is_wrong_is_named_with_its_remedy_and_nothing_is_changed(scene: Scene, fault: Fault) -> None:
    fault.disturb(scene)

    done = scene.type("apply", "--yes")

    assert (done.code, done.out) == (1, ""), done
    assert [words for words in fault.says if words not in done.err] == [], done.err
    if fault.at:
        assert f"{scene.place(fault.at, scene.mapping_file if fault.in_mapping else None)}: " in done.err, done.err
    assert (scene.written(), scene.chain.leftovers()) == ([], [])


USAGE = (
    (["apply"], "Missing option '--environment' / '-e'. See `lockstep apply --help`."),
    (["aply", "-e", "sandbox"], "No such command 'aply'. Did you mean 'apply'?"),
    (["apply", "-e", "sandbox", "--force"], "No such option: --force"),
    (["apply", "-e", "nowhere"], "Known names: example, sandbox."),
    (["apply", "-e", "no/such/file.yaml"], "the environment file no/such/file.yaml does not exist"),
    (["render", "-e", "sandbox"], "Missing option '--catalog'"),
)


@pytest.mark.parametrize(("arguments", "says"), USAGE)
def test_wrong_usage_says_how_it_is_used(arguments: list[str], says: str) -> None:
    done = typed(*arguments)

    assert (done.code, done.out) == (1, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["apply"], "Apply these 17 changes? Nobody can answer here: add --yes to do it without asking."),
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


def test_destroy_asks_too(scene: Scene) -> None:
    scene.type("apply", "--yes")
    before = scene.written()

    done = scene.type("destroy")

    assert (done.code, done.out) == (1, "")
    assert "Delete these 16 things? Nobody can answer here: add --yes" in done.err
    assert scene.written() == before


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
        assert f"{thing} exists and is not Lockstep's: {way_out}" in done.err
    assert scene.written() == before


def test_each_missing_right_to_write_is_named_and_the_next_run_goes_on_from_there(scene: Scene) -> None:
    """A right that is missing half-way shows when its write is refused: what was done before it is told, and stays."""
    asked = []
    scene.permit("EntitlementManagement.Read.All")
    roles = ["Reader"]
    scene.give_roles(*roles)
    for role in ("Automation Contributor", "Role Based Access Control Administrator", "Logic App Contributor", ""):
        done = scene.type("apply", "--yes")
        assert done.code == 1, done
        asked.append(done.err.partition("No permission for ")[2].partition(" Sign in")[0].partition(" there")[0])
        roles.append(role)
        scene.give_roles(*filter(None, roles))

    scene.permit("EntitlementManagement.ReadWrite.All")
    last = scene.type("apply", "--yes")

    assert [words.rpartition("the role ")[2] for words in asked[:3]] == roles[1:4]
    assert "EntitlementManagement.ReadWrite.All" in asked[3]
    assert last.code == 0, last.err
    assert json.loads(scene.type("plan", "--json").out)["changes"] == []
