"""The stages of an assignment policy at which a catalog's custom extension is called.

Source: Microsoft Graph v1.0, accessPackageAssignmentPolicy and customExtensionStageSetting. The policy belongs to
somebody else and can only be written whole: everything that was read is sent back, explicit nulls and unknown fields
included, and only our own stage settings are added or taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ProvisionError
from provision.inventory import CatalogInventory, Inventory
from provision.kinds import extension
from provision.kinds.annotation import is_annotation
from provision.kinds.kind import failed as verdict
from provision.kinds.kind import no_doubt as doubt
from provision.resource import Address, GraphTarget, Json, Reference, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "policy stages"
SETTINGS = "customExtensionStageSettings"
EXPAND = f"accessPackage,questions,{SETTINGS}($expand=customExtension)"
DROPPED = ("@odata.context", "createdDateTime", "modifiedDateTime", "catalog")


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """Our custom extension at every stage the environment names, on each policy of each mapped access package."""
    for catalog in blueprint.catalogs:
        identifier = Reference(extension.address(catalog.id, catalog.name), ("id",))
        stages: dict[str, Json] = {stage: [identifier] for stage in sorted(blueprint.environment.callout.stages)}
        for policy in catalog.policies:
            address = Address(KIND, policy.name, catalog.id, policy.id)
            note = f"calls the custom extension at {' and '.join(stages)}"
            yield Resource(address, _target(policy.id), stages, note, part="stage")


def found(inventory: Inventory) -> Iterable[Resource]:
    """Every policy of our catalogs that calls an extension of ours, mapped or not."""
    for catalog in inventory.catalogs:
        ours = {str(answer["id"]) for answer in extension.owned(inventory, catalog)}
        for policy in catalog.policies:
            stages = _stages(_settings(policy), ours)
            if stages:
                address = Address(KIND, policy_name(catalog, policy), catalog.id, str(policy["id"]))
                yield Resource(address, _target(str(policy["id"])), stages)


def policy_name(catalog: CatalogInventory, policy: Mapping[str, Json]) -> str:
    """A policy for people: its access package and its own name."""
    package = str((policy.get("accessPackage") or {}).get("id", "")).lower()
    return f"{catalog.packages.get(package, package)}: {policy.get('displayName', policy['id'])}"


def request(change: Change, current: Json) -> Request | None:
    """PUT of the whole policy as it is now, with our stage settings as they should be."""
    if change.action == "delete" and current is None:
        return None
    ownership.ensure_there(change.resource.address, current)
    wanted = {} if change.action == "delete" else change.resource.body
    ours = {str(i) for side in (change.resource, change.found) if side for ids in side.body.values() for i in ids}
    settings = _settings(current)
    merged = _merged(settings, wanted, ours)
    if merged == settings:
        return None
    return Request("put", change.target, _whole(current) | {SETTINGS: [_by_id(setting) for setting in merged]})


def _merged(
    settings: Sequence[Mapping[str, Json]], wanted: Mapping[str, Sequence[str]], ours: set[str]
) -> list[Mapping[str, Json]]:
    """Foreign settings as they are, ours where they are wanted, each once."""
    missing = [(stage, identifier) for stage, identifiers in wanted.items() for identifier in identifiers]
    merged = []
    for setting in settings:
        place = (setting["stage"], _extension(setting))
        if place in missing:
            missing.remove(place)
        elif place[1] in ours:
            continue
        merged.append(setting)
    return merged + [
        {"stage": stage, "customExtension": {"@odata.type": extension.TYPE, "id": identifier}}
        for stage, identifier in missing
    ]


def _whole(policy: Mapping[str, Json]) -> dict[str, Json]:
    """The policy as it is written: nothing left out but what only the service sets."""
    missing = [name for name in ("accessPackage", "questions") if name not in policy]
    if missing:
        raise ProvisionError(
            f"Microsoft Graph answered without {' and '.join(missing)} of assignment policy {policy['id']}, which a "
            "write would then lose. Nothing was changed in it; try again later."
        )
    kept = {key: value for key, value in policy.items() if key not in DROPPED and not is_annotation(key)}
    return kept | {"accessPackage": {"id": policy["accessPackage"]["id"]}}


def _settings(policy: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The stage settings, each with its extension; anything less would make a foreign one look absent."""
    settings = policy.get(SETTINGS)
    if not isinstance(settings, list) or not all((s.get("customExtension") or {}).get("id") for s in settings):
        raise ProvisionError(
            f"Microsoft Graph did not give all stage settings of assignment policy {policy.get('id')} "
            f"({policy.get('displayName')}). Without them nothing can be planned; try again later."
        )
    return settings


def _by_id(setting: Mapping[str, Json]) -> dict[str, Json]:
    """A stage setting that names its extension instead of repeating all of it."""
    named = setting["customExtension"]
    kept = {key: value for key, value in setting.items() if not is_annotation(key)}
    return kept | {"customExtension": {key: named[key] for key in ("@odata.type", "id") if key in named}}


def _stages(settings: Iterable[Mapping[str, Json]], ours: set[str]) -> dict[str, Json]:
    stages: dict[str, Json] = {}
    for setting in settings:
        if _extension(setting) in ours:
            stages.setdefault(setting["stage"], []).append(_extension(setting))
    return {stage: sorted(stages[stage]) for stage in sorted(stages)}


def _extension(setting: Mapping[str, Json]) -> str:
    return str(setting["customExtension"]["id"])


def _target(policy: str) -> GraphTarget:
    return GraphTarget("policy", (policy,), EXPAND)
