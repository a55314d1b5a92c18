"""The algorithm of the scripts this kit replaces, step for step, so that it can be measured beside ours.

Source: ChrFrohn/Entra, `Governance/Entitlement Management/Manage AD Groups/LocalJSON-AddRemoveUserFromADgroups.ps1`:
a token, the user, **every** assignment of the tenant page by page, filtered by user and state here; the user's groups;
one modify for each group to leave; then **all** required groups are added again, one modify each, errors printed and
passed over. The account name is taken from the user principal name. What PowerShell's `Add-ADGroupMember` does inside
(find the group, find the member, modify) is kept to its least: one search for the group, one modify.

Two things differ from the script: assignments are read from v1.0 with `$expand`, since the sandbox does not play the
beta list, and the directory is spoken to by LDAP instead of AD Web Services.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ldap3
from ldap3.utils.conv import escape_filter_chars

ALREADY_THERE, NOT_THERE = 68, 53


@dataclass(slots=True)
class Seed:
    """One run's means; `graph_requests` and `ldap_operations` count what it cost."""

    graph: str
    token: str
    trust: ssl.SSLContext
    connection: ldap3.Connection
    base: str
    graph_requests: int = 1  # the token itself
    ldap_operations: int = 1  # the bind

    def run(self, user_id: str, mapping: Mapping[str, Sequence[str]]) -> list[str]:
        """Bring one user's groups to what the tenant's assignments say; returns what was printed."""
        user = self._get(f"{self.graph}/v1.0/users/{user_id}?$select=id,userPrincipalName")
        packages = self._packages(user["id"])
        account = user["userPrincipalName"].split("@")[0].upper()
        person = self._one(f"(&(objectClass=user)(sAMAccountName={escape_filter_chars(account)}))", ["memberOf"])
        current = [self._name_of(group) for group in person["attributes"].get("memberOf", [])]
        required = sorted({group for package in packages for group in mapping.get(package, ())})
        managed = {group for groups in mapping.values() for group in groups}
        lines = [self._change(g, person["dn"], "Removing") for g in current if g in managed and g not in required]
        return lines + [self._change(group, person["dn"], "Adding") for group in required]

    def _packages(self, user_id: str) -> set[str]:
        found: list[dict[str, Any]] = []
        url: str | None = (
            f"{self.graph}/v1.0/identityGovernance/entitlementManagement/assignments?$expand=target,accessPackage"
        )
        while url is not None:
            page = self._get(url)
            found += page["value"]
            url = page.get("@odata.nextLink")
        return {
            row["accessPackage"]["id"]
            for row in found
            if row["target"]["objectId"] == user_id and row["state"].lower() == "delivered"
        }

    def _change(self, group: str, member: str, action: str) -> str:
        entry = self._one(f"(&(objectClass=group)(sAMAccountName={escape_filter_chars(group)}))", ["cn"])
        change = ldap3.MODIFY_ADD if action == "Adding" else ldap3.MODIFY_DELETE
        self.ldap_operations += 1
        self.connection.modify(  # type: ignore[no-untyped-call]
            entry["dn"], {"member": [(change, [member])]}
        )
        code = self.connection.result["result"]
        return f"{action} {group}" if code in (0, ALREADY_THERE, NOT_THERE) else f"An error occurred: {code}"

    def _name_of(self, group: str) -> str:
        self.ldap_operations += 1
        self.connection.search(group, "(objectClass=group)", ldap3.BASE, attributes=["sAMAccountName"])
        return str(self._value(self._entries()[0]["attributes"]["sAMAccountName"]))

    def _one(self, query: str, attributes: list[str]) -> dict[str, Any]:
        self.ldap_operations += 1
        self.connection.search(self.base, query, attributes=attributes)
        return self._entries()[0]

    def _entries(self) -> list[dict[str, Any]]:
        return [entry for entry in self.connection.response or [] if entry["type"] == "searchResEntry"]

    @staticmethod
    def _value(value: Any) -> Any:
        return value[0] if isinstance(value, list) else value

    def _get(self, url: str) -> dict[str, Any]:
        self.graph_requests += 1
        request = urllib.request.Request(  # noqa: S310 - the sandbox's own https address
            url.replace(" ", "%20"), headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, context=self.trust, timeout=60) as reply:  # noqa: S310 - as above
            body: dict[str, Any] = json.load(reply)
        return body
