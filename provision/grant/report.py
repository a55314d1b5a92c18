"""What is there, what was given and what is left -> rows for people, JSON for scripts. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from provision.grant.giving import Given
from provision.grant.standing import NAMES, Item, Seen, Standing

COLUMNS: Final = ("", "who", "permission", "where", "")
TITLES: Final = {
    "azure": "Azure and Entra: bash with Azure CLI (--script azure prints only this)",
    "windows": "Active Directory: PowerShell with dsacls (--script windows)",
    "samba": "Active Directory on Samba: bash with samba-tool (--script samba)",
}


def looked(standings: Sequence[Standing]) -> list[tuple[str, ...]]:
    """A row for each permission."""
    return [
        (standing.state, *_named(standing.item), f"by {standing.through}" if _wider(standing) else "")
        for standing in standings
    ]


def done(given: Sequence[Given]) -> list[tuple[str, ...]]:
    """A row for each permission after it was tried."""
    return [(one.result, *_named(one.item), one.said) for one in given]


def machine(
    environment: str,
    seen: Seen,
    standings: Sequence[Standing],
    given: Sequence[Given] | None,
    scripts: Mapping[str, str],
) -> str:
    """One JSON object, `version` 1; `result` and `said` are there when permissions were given."""
    results = {one.item: one for one in given or ()}
    document = {
        "version": 1,
        "environment": environment,
        "permissions": [_entry(standing, seen, results.get(standing.item)) for standing in standings],
        "scripts": dict(scripts),
        "notes": list(seen.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(standing: Standing, seen: Seen, given: Given | None) -> dict[str, object]:
    item = standing.item
    return {
        "holder": item.holder,
        "principal": seen.principals.get(item.holder),
        "permission": item.permission,
        "scope": item.target or (item.secret.url if item.secret else item.scope),
        "state": standing.state,
        "through": standing.through or None,
        "operations": list(item.operations),
        "why": item.why,
        **({"result": given.result, "said": given.said or None} if given else {}),
    }


def _named(item: Item) -> tuple[str, str, str]:
    return NAMES[item.holder], item.permission, item.secret.url if item.secret else item.scope


def _wider(standing: Standing) -> bool:
    return bool(standing.through) and standing.through != standing.item.permission
