"""Names that would break a definition, an expression, an address, a filter or a DN, through the whole chain."""

from __future__ import annotations

import json

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.seed import subject_of
from tests.end_to_end.scene import Scene

ADA = seed.USERS[0]
FINANCE, ENGINEERING = (catalog.catalog_id for catalog in seed.CATALOGS[:2])
PACKAGE = seed.CATALOGS[0].packages[0]
CATALOG = 'R&D "Ops" @{x} (Köln), #1'
OTHER_CATALOG = "O'Brien's {y} [red] \\ 100% /a?b=c&d=e+f"
EXPRESSION = "@{concat('a', \"b\")} @variables('createJob') {{ x }} {% y %} [red], (1)"
RESOURCE_GROUP, WORKERS = "rg-(Köln)_1", "Köln (on-prem) 1_"
GROUP, ACCOUNT = 'R&D "Ops", <(Köln)> *+=;\\ #1', "@{x}(&'#%!~^$`) é"
ESCAPED = r"cn=R\26D \22Ops\22\2C \3C(K\C3\B6ln)\3E *\2B\3D\3B\5C #1"
DECOMPOSED = "Cafe\u0301 (Ko\u0308ln) #1"


@pytest.fixture
def named(scene: Scene) -> Scene:
    """A tenant and a domain full of such names, and the files that name them."""
    for kind, identifier, name in (
        ("accessPackageCatalog", FINANCE, CATALOG),
        ("accessPackageCatalog", ENGINEERING, OTHER_CATALOG),
        ("accessPackage", PACKAGE.package_id, EXPRESSION),
        ("accessPackageAssignmentPolicy", PACKAGE.policy_id, EXPRESSION),
        ("accessPackageSubject", subject_of(ADA.object_id), EXPRESSION),
    ):
        scene.rename(kind, identifier, name)
    scene.move_to_resource_group(RESOURCE_GROUP)
    scene.sandbox.world.cloud.account.add_group(WORKERS)
    listed = f"  - {json.dumps(CATALOG)}\n  - {{name: {json.dumps(OTHER_CATALOG)}, logic_app: la-(o.brien)_1}}\n"
    scene.change("  - Finance\n  - Engineering\n", listed)
    scene.change("rg-identity", json.dumps(RESOURCE_GROUP))
    scene.change("onprem-workers", json.dumps(WORKERS))
    parent = scene.add_group(GROUP, "rd_ops").partition(",OU=")[2]
    scene.add_group("Plain", ACCOUNT)
    groups = [f"{ESCAPED},ou={parent}", f"LAB\\{ACCOUNT}", DECOMPOSED]
    mapping = {"AccessPackages": [{"AccessPackageID": PACKAGE.package_id, "ADGroups": groups}]}
    scene.mapping_file.write_text("\ufeff" + json.dumps(mapping, ensure_ascii=False), encoding="utf-8")
    return scene


def test_every_name_is_carried_as_it_is(named: Scene) -> None:
    shown = named.type("plan", "--exit-code")
    applied = named.type("apply", "--yes")
    again = named.type("plan", "--json", "--exit-code")
    granted = named.chain.grant(ADA.account, PACKAGE.package_id)
    removed = named.chain.remove(ADA.account, PACKAGE.package_id)
    destroyed = named.type("destroy", "--yes")

    assert (shown.code, applied.code, again.code, destroyed.code) == (2, 0, 0, 0), applied.err + destroyed.err
    assert f"takes the callouts of catalog {OTHER_CATALOG}\n" in shown.out
    assert f"policy stages {EXPRESSION}: {EXPRESSION} " in shown.out
    assert granted["status"] == "Delivered", granted
    assert granted["groups"]["after"] == sorted([ACCOUNT, "Café (Köln) #1", "Staff_All", "rd_ops"])
    assert granted["callouts"][-1]["detail"] == f"added to {ACCOUNT}, Café (Köln) #1, rd_ops"
    assert removed["groups"]["after"] == granted["groups"]["before"] == ["Staff_All"]
    assert named.chain.leftovers() == []


def test_a_catalog_is_chosen_by_such_a_name(named: Scene) -> None:
    named.type("apply", "--yes")

    rendered = named.type("render", "--catalog", OTHER_CATALOG)
    destroyed = named.type("destroy", "--yes", "--catalog", OTHER_CATALOG)
    planned = named.type("plan", "--json")

    assert json.loads(rendered.out)["tags"]["lockstep-catalog"] == ENGINEERING
    assert destroyed.code == 0, destroyed.err
    assert {change["catalog"] for change in json.loads(planned.out)["changes"]} == {ENGINEERING}


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_escape_sequence_in_a_name_reaches_the_terminal(named: Scene, form: str) -> None:
    named.rename("accessPackageCatalog", FINANCE, "\x1b[31mFinance\x07")
    named.change(json.dumps(CATALOG), FINANCE)

    done = named.type("plan", "--format", form)

    assert done.code == 0, done.err
    assert "[31mFinance" in done.out
    assert [letter for letter in "\x1b\x07" if letter in done.out + done.err] == []
