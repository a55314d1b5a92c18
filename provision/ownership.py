"""How Lockstep recognises what is its own, without a state file. Pure.

Azure resources carry tags. Automation variables, role assignments and objects of Microsoft Graph have none: there a
description names the environment, at its beginning in Azure and at its end in Graph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from provision.errors import ProvisionError
from provision.resource import LIFECYCLE, Address, Json

MANAGED_BY = "managed-by"
ENVIRONMENT = "lockstep-environment"
CATALOG = "lockstep-catalog"
SERVES_LIFECYCLE = "lockstep-lifecycle"
ALL_TAGS = (MANAGED_BY, ENVIRONMENT, CATALOG, SERVES_LIFECYCLE)
_MARK = re.compile(r"\[lockstep:([^\]]+)\]\s*$")


def tags(environment: str, catalog: str = "") -> dict[str, str]:
    """The tags of an Azure resource of ours; `catalog` is the catalog's id, or LIFECYCLE."""
    ours = {MANAGED_BY: "lockstep", ENVIRONMENT: environment}
    if catalog == LIFECYCLE:
        return ours | {SERVES_LIFECYCLE: "workflows"}
    return ours | ({CATALOG: catalog} if catalog else {})


def tags_like(ours: Mapping[str, str], answer: Mapping[str, Json]) -> dict[str, Json]:
    """Of the tags of an Azure resource those that `ours` has too, as they are written there: Azure ignores the case."""
    written = {key.lower(): key for key in ours}
    found = (answer.get("tags") or {}).items()
    return {written[key.lower()]: value for key, value in found if key.lower() in written}


def tags_beside(ours: Mapping[str, str], answer: Mapping[str, Json]) -> dict[str, Json]:
    """The tags of an Azure resource that others have set; two that differ in case only would be refused.

    What Lockstep itself has set for another purpose goes.
    """
    written = {key.lower() for key in (*ours, *ALL_TAGS)}
    return {key: value for key, value in (answer.get("tags") or {}).items() if key.lower() not in written}


def is_tagged(answer: Mapping[str, Json], environment: str) -> bool:
    """Whether the tags of an Azure resource say that it belongs to this environment."""
    return environment_of(answer) == environment


def environment_of(answer: Mapping[str, Json]) -> str:
    """The environment that the tags of an Azure resource name, whichever it is; empty when it is not Lockstep's."""
    found = {key.lower(): value for key, value in (answer.get("tags") or {}).items()}
    return str(found.get(ENVIRONMENT, "")) if found.get(MANAGED_BY) == "lockstep" else ""


def catalog_of(answer: Mapping[str, Json]) -> str:
    """The id of the catalog that the tags of an Azure resource name, or LIFECYCLE; empty when they name none."""
    if tags_like({SERVES_LIFECYCLE: ""}, answer):
        return LIFECYCLE
    return str(tags_like({CATALOG: ""}, answer).get(CATALOG, ""))


def description(environment: str, purpose: str) -> str:
    """The description of an Azure resource without tags."""
    return f"lockstep:{environment} {purpose}"


def is_described(text: str | None, environment: str) -> bool:
    """Whether a description from `description` stands there; `prod` is not taken for `prod-2`."""
    return (text or "").split(" ", 1)[0] == f"lockstep:{environment}"


def described_for(text: str | None) -> str:
    """The environment that a description from `description` names, whichever it is; empty when none does."""
    return (text or "").split(" ", 1)[0].removeprefix("lockstep:") if is_lockstep(text) else ""


def is_lockstep(text: str | None) -> bool:
    """Whether a description from `description` of any environment stands there."""
    return (text or "").startswith("lockstep:")


def marked(environment: str, purpose: str) -> str:
    """The description of an object of Microsoft Graph."""
    return f"{purpose} [lockstep:{environment}]"


def is_marked(text: str | None, environment: str) -> bool:
    """Whether a description from `marked` stands there."""
    return (text or "").rstrip().endswith(f"[lockstep:{environment}]")


def marked_for(text: str | None) -> str:
    """The environment that a description from `marked` names, whichever it is; empty when none does."""
    mark = _MARK.search(text or "")
    return mark[1] if mark else ""


def of_another(environment: str, *, tagged: str = "", text: str | None = None) -> str:
    """Why something cannot be adopted by this environment: another one has made it. Empty when none has.

    `tagged` is the environment that its tags name, `text` its description.
    """
    owner = tagged or marked_for(text) or described_for(text)
    return f"it belongs to the Lockstep environment {owner}" if owner and owner != environment else ""


def ensure_free(address: Address, current: Json, *, ours: bool) -> None:
    """Raises: ProvisionError when somebody else took the place of `address` since the plan was made."""
    if current is not None and not ours:
        raise ProvisionError(f"{address} appeared since the plan was made and is not Lockstep's. Run the plan again.")


def ensure_not_of_another(address: Address, environment: str, *, tagged: str = "", text: str | None = None) -> None:
    """Raises: ProvisionError when another environment took what stands at `address` since the plan was made."""
    if reason := of_another(environment, tagged=tagged, text=text):
        raise ProvisionError(f"{address}: {reason} since the plan was made. Run the plan again.")


def ensure_still_ours(address: Address, environment: str, now: str) -> None:
    """Raises: ProvisionError when what is to be deleted is marked for another environment now, or for none."""
    if now != environment:
        raise ProvisionError(f"{address} is not Lockstep's any more. Run the plan again.")


def ensure_there(address: Address, current: Json) -> None:
    """Raises: ProvisionError when `address` disappeared since the plan was made."""
    if current is None:
        raise ProvisionError(f"{address} disappeared since the plan was made. Run the plan again.")
