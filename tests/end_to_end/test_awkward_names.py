"""Names that would break a definition, an expression, an address, a filter or a DN, through the whole chain."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.seed import subject_of
from tests.end_to_end.scene import Scene, played

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


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield from played(tmp_path_factory.mktemp("names"))


@pytest.fixture
def scene(started: Scene) -> Scene:
    """A tenant and a domain full of such names, and the files that name them."""
    started.begin()
    for kind, identifier, name in (
        ("accessPackageCatalog", FINANCE, CATALOG),
        ("accessPackageCatalog", ENGINEERING, OTHER_CATALOG),
        ("accessPackage", PACKAGE.package_id, EXPRESSION),
        ("accessPackageAssignmentPolicy", PACKAGE.policy_id, EXPRESSION),
        ("accessPackageSubject", subject_of(ADA.object_id), EXPRESSION),
    ):
        started.rename(kind, identifier, name)
    started.move_to_resource_group(RESOURCE_GROUP)
    started.sandbox.world.cloud.account.add_group(WORKERS)
    listed = f"  - {json.dumps(CATALOG)}\n  - {{name: {json.dumps(OTHER_CATALOG)}, logic_app: la-(o.brien)_1}}\n"
    started.change("  - Finance\n  - Engineering\n", listed)
    started.change("rg-identity", json.dumps(RESOURCE_GROUP))
    started.change("onprem-workers", json.dumps(WORKERS))
    parent = started.add_group(GROUP, "rd_ops").partition(",OU=")[2]
    started.add_group("Plain", ACCOUNT)
    groups = [f"{ESCAPED},ou={parent}", f"LAB\\{ACCOUNT}", DECOMPOSED]
    mapping = {"AccessPackages": [{"AccessPackageID": PACKAGE.package_id, "ADGroups": groups}]}
    started.mapping_file.write_text("\ufeff" + json.dumps(mapping, ensure_ascii=False), encoding="utf-8")
    return started


def test_every_name_is_carried_as_it_is(scene: Scene) -> None:
    shown = scene.type("plan")
    applied = scene.type("apply", "--yes")
    again = scene.type("plan", "--json")
    granted = scene.chain.grant(ADA.account, PACKAGE.package_id)
    removed = scene.chain.remove(ADA.account, PACKAGE.package_id)
    destroyed = scene.type("destroy", "--yes")

    assert (shown.code, applied.code, again.code, destroyed.code) == (2, 0, 0, 0), applied.err + destroyed.err
    assert f"takes the callouts of catalog {OTHER_CATALOG}\n" in shown.out
    assert f"policy stages {EXPRESSION}: {EXPRESSION} " in shown.out
    assert granted["status"] == "Delivered", granted
    assert granted["groups"]["after"] == sorted([ACCOUNT, "Café (Köln) #1", "Staff_All", "rd_ops"])
    assert granted["callouts"][-1]["detail"] == f"added to {ACCOUNT}, Café (Köln) #1, rd_ops"
    assert removed["groups"]["after"] == granted["groups"]["before"] == ["Staff_All"]
    assert scene.chain.leftovers() == []


def test_a_catalog_is_chosen_by_such_a_name(scene: Scene) -> None:
    scene.type("apply", "--yes")

    rendered = scene.type("render", "--catalog", OTHER_CATALOG)
    destroyed = scene.type("destroy", "--yes", "--catalog", OTHER_CATALOG)
    planned = scene.type("plan", "--json")

    assert json.loads(rendered.out)["tags"]["lockstep-catalog"] == ENGINEERING
    assert destroyed.code == 0, destroyed.err
    assert {change["catalog"] for change in json.loads(planned.out)["changes"]} == {ENGINEERING}
