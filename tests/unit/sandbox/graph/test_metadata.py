from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from provision.sandbox.graph.entity_types import EdmType
from provision.sandbox.graph.lifecycle_workflows.entity_types import IG
from provision.sandbox.graph.metadata import ENUMS, TYPES, derives, properties_of, root_of

CSDL = Path(__file__).parents[5] / "shared" / "judge" / "specs" / "graph" / "v1.0-Prod.csdl"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
UNDECLARED = {("customExtensionCallbackConfiguration", "durationBeforeTimeout")}
needs_csdl = pytest.mark.skipif(not CSDL.exists(), reason="Microsoft's metadata (../shared/judge/specs) is not here")


@pytest.fixture(scope="module")
def published() -> dict[str, ET.Element]:
    schemas = ET.parse(CSDL).getroot().iter(f"{EDM}Schema")  # noqa: S314 - Microsoft's file, no foreign input
    kinds = {f"{EDM}{kind}" for kind in ("EntityType", "ComplexType", "EnumType")}
    wanted = {"microsoft.graph": "", "microsoft.graph.identityGovernance": IG}
    return {
        wanted[schema.get("Namespace", "")] + str(element.get("Name")): element
        for schema in schemas
        if schema.get("Namespace") in wanted
        for element in schema
        if element.tag in kinds
    }


def local(name: str) -> str:
    """A type as the metadata writes it, as we write it: `graph.user` and `microsoft.graph.identityGovernance.task`."""
    return re.sub(r"\b(microsoft\.)?graph\.", "", name)


def written(found: EdmType) -> set[tuple[str, str, bool]]:
    rows = set()
    for name, wanted in found.properties.items():
        kind = wanted.type if wanted.type in TYPES or wanted.type in ENUMS else f"Edm.{wanted.type}"
        rows.add((name, f"Collection({kind})" if wanted.many else kind, wanted.link))
    return rows


def declared(element: ET.Element) -> set[tuple[str, str, bool]]:
    return {
        (str(child.get("Name")), local(str(child.get("Type"))), child.tag == f"{EDM}NavigationProperty")
        for child in element
        if child.tag in {f"{EDM}Property", f"{EDM}NavigationProperty"}
    }


@needs_csdl
@pytest.mark.parametrize("found", TYPES.values(), ids=lambda found: found.name)
def test_every_type_is_a_part_of_the_published_one(found: EdmType, published: dict[str, ET.Element]) -> None:
    element = published[found.name]
    surplus = {(found.name, name) for name, _, _ in written(found) - declared(element)}
    assert surplus <= UNDECLARED
    assert (element.get("Abstract") == "true") == found.abstract
    base = local(str(element.get("BaseType") or ""))
    assert found.base == ("entity" if base == "directoryObject" else base)


@needs_csdl
@pytest.mark.parametrize("name", ENUMS)
def test_every_enumeration_has_the_published_members(name: str, published: dict[str, ET.Element]) -> None:
    members = [child.get("Name") for child in published[name] if child.tag == f"{EDM}Member"]
    assert sorted(ENUMS[name]) == sorted(str(member) for member in members if member != "unknownFutureValue")


@needs_csdl
def test_nullability_is_the_published_one(published: dict[str, ET.Element]) -> None:
    strict = {
        (name, str(child.get("Name")))
        for name in TYPES
        for child in published[name]
        if child.get("Nullable") == "false" and str(child.get("Name")) in TYPES[name].properties
    }
    ours = {
        (name, wanted.name)
        for name, found in TYPES.items()
        for wanted in found.properties.values()
        if not wanted.nullable
    }
    assert ours == strict


def test_properties_are_inherited() -> None:
    assert {"id", "displayName", "callbackConfiguration"} <= properties_of(
        "accessPackageAssignmentRequestWorkflowExtension"
    ).keys()


def test_derivation_leads_to_the_set_of_an_entity() -> None:
    assert root_of("accessPackageAssignmentRequestWorkflowExtension") == "customCalloutExtension"
    assert root_of("accessPackage") == "accessPackage"
    assert root_of(f"{IG}customTaskExtension") == f"{IG}customTaskExtension"
    assert derives("singleUser", "subjectSet")
    assert not derives("singleUser", "customExtensionData")
