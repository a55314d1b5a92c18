"""The custom extensions: type, token security, which Logic App they start and how long they wait. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provision import ownership
from provision.doctor import planned
from provision.doctor.check import Check
from provision.doctor.facts import ACCOUNT, WORKFLOWS, Facts
from provision.doctor.planned import Facet
from provision.inventory import CatalogInventory
from provision.kinds import extension

AREA = "custom extensions"
NEEDS = (ACCOUNT, "catalogs", "extensions", WORKFLOWS)
_ENDPOINT = "endpointConfiguration"


def endpoint_facets(app: str) -> tuple[Facet, ...]:
    """What every extension is made of; `app` says whose Logic App it has to start."""
    names = ("subscriptionId", "resourceGroupName", "logicAppWorkflowName")
    return (
        Facet("token security", ("authenticationConfiguration",), "is proof of possession (PoP)"),
        Facet("Logic App", tuple(f"{_ENDPOINT}.{name}" for name in names), f"is {app}"),
        Facet("address", (f"{_ENDPOINT}.url",), "is that of the Logic App's trigger", shown=(_ENDPOINT, "url")),
        Facet("waiting time", ("timeoutDuration",), "is that of the environment file"),
    )


FACETS = (
    *endpoint_facets("the catalog's own"),
    Facet("name and mark", ("displayName", "description"), "are as they should be"),
)


def checks(facts: Facts) -> Iterator[Check]:
    """For the custom extension of each listed catalog."""
    wrong = dict(_of_another_type(facts))
    for resource in planned.wanted(facts, extension.KIND):
        name, catalog = resource.address.name, resource.address.catalog
        if catalog in wrong and not facts.blocked(*NEEDS):
            yield wrong[catalog]
            continue
        absent = planned.missing(facts, AREA, name, resource, NEEDS)
        if absent is not None:
            yield absent
            continue
        yield Check(AREA, f"{name}: type", "ok", "is for assignment requests", catalog=catalog)
        yield from planned.parts(facts, AREA, resource, FACETS)
    if not facts.blocked(*NEEDS):
        yield from planned.leftovers(facts, AREA, extension.KIND)


def _of_another_type(facts: Facts) -> Iterator[tuple[str, Check]]:
    """Extensions that bear our mark and cannot be called at a stage of a request."""
    for catalog in facts.inventory.catalogs if facts.inventory else ():
        for answer in catalog.extensions:
            kind = str(answer.get("@odata.type"))
            if ownership.is_marked(answer.get("description"), facts.environment.name) and kind != extension.TYPE:
                yield catalog.id, _wrong(facts, catalog, str(answer.get("displayName")), kind)


def _wrong(facts: Facts, catalog: CatalogInventory, name: str, kind: str) -> Check:
    said = f"custom extension {name} is {kind.rpartition('.')[2]}, which no stage of a request can call"
    fix = (
        f"Entra admin centre > Entitlement management > Catalogs > {catalog.name} > Custom extensions: delete it. "
        f"Then {facts.command('apply')} makes the right one."
    )
    return Check(AREA, f"{catalog.name}: type", "fail", said, fix, catalog.id)
