"""Who the identities of an environment are, and which permissions they hold.

I/O: only through the Reader it is given. Whoever runs `grant` for the first time may read little or nothing: what
cannot be read is left out of the answer and named in its notes, and is never taken for absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

from provision.environment import Environment
from provision.errors import ProvisionError, ServiceRefusal
from provision.grant.standing import Seen, items, secret
from provision.grant.table import AZURE_ROLES, Holder, secrets
from provision.kinds import role_assignment
from provision.listed_catalogs import Reader
from provision.naming import AUTOMATION_API_VERSION, account_id
from provision.resource import ArmCollection, ArmTarget, GraphCollection, GraphTarget, Json
from runbook.group_name import GUID

GRAPH_APP_ID: Final = "00000003-0000-0000-c000-000000000000"
RESOURCES_API_VERSION: Final = "2021-04-01"
_Found = TypeVar("_Found")


def seen(reader: Reader, environment: Environment, deployer: str | None) -> Seen:
    """Everything about the environment's permissions that can be read.

    `deployer` is the application id or object id of who deploys; without one it is the credential's `client_id`.

    Raises:
        ProvisionError: `deployer` is no GUID, or Entra says that there is no such application.
    """
    check(deployer)
    notes: list[str] = []
    found = _Reading(reader, environment, notes)
    principals = found.principals(deployer or environment.credential.client_id, asked=deployer is not None)
    graph, permissions = found.graph()
    vaults = found.vaults()
    return Seen(
        principals=principals,
        graph=graph,
        permissions=permissions,
        held=found.held(principals, graph, permissions),
        roles=found.roles(principals, vaults),
        vaults=vaults,
        notes=tuple(dict.fromkeys(notes)),
    )


def check(deployer: str | None) -> None:
    """Raises: ProvisionError when the deployer is named by anything but a GUID."""
    if deployer is not None and not GUID.fullmatch(deployer):
        raise ProvisionError(f"--deployer: '{deployer}' is no GUID; give an application (client) id or an object id.")


class _Reading:
    """Reads for one environment; what cannot be read goes to `notes`."""

    def __init__(self, reader: Reader, environment: Environment, notes: list[str]) -> None:
        self._reader = reader
        self._environment = environment
        self._notes = notes

    def principals(self, deployer: str | None, *, asked: bool) -> dict[Holder, str]:
        found: dict[Holder, str] = {}
        if identity := self._tried("the Automation account", self._account_identity):
            found["runbook"] = identity
        if deployer is None:
            method = self._environment.credential.method
            self._notes.append(
                f"Who deploys is not known: with `credential.method: {method}` the environment names no application. "
                "Name it with --deployer APPLICATION-ID."
            )
        elif (application := self._tried("applications in Entra", partial(self._application, deployer))) is not None:
            if not application and asked:
                raise ProvisionError(
                    f"--deployer: Entra has no service principal with application id or object id {deployer}. "
                    f"Make it with `az ad sp create --id {deployer}`, or correct the id."
                )
            if application:
                found["deployer"] = application
            else:
                self._notes.append(
                    f"{self._environment.where('credential', 'client_id')}: Entra has no service principal {deployer}. "
                    f"Make it with `az ad sp create --id {deployer}`, or correct the id."
                )
        return found

    def graph(self) -> tuple[str, dict[str, str] | None]:
        """Graph's own object id, and the ids of its application permissions by name."""
        principal = self._tried("the permissions of Microsoft Graph", partial(self._by_application, GRAPH_APP_ID))
        if not principal:
            return "", None
        roles = [role for role in principal.get("appRoles") or () if "Application" in role["allowedMemberTypes"]]
        return str(principal["id"]), {str(role["value"]): str(role["id"]).lower() for role in roles}

    def held(
        self, principals: Mapping[Holder, str], graph: str, permissions: Mapping[str, str] | None
    ) -> dict[Holder, frozenset[str]]:
        """The permissions of Graph that each of them has, by name."""
        if permissions is None:
            return {}
        names = {identifier: name for name, identifier in permissions.items()}
        found: dict[Holder, frozenset[str]] = {}
        for holder, principal in principals.items():
            rows = self._tried("the permissions of identities", partial(self._list, _app_roles(principal)))
            if rows is not None:
                ids = {str(row["appRoleId"]).lower() for row in rows if str(row["resourceId"]).lower() == graph.lower()}
                found[holder] = frozenset(names[identifier] for identifier in ids if identifier in names)
        return found

    def roles(
        self, principals: Mapping[Holder, str], vaults: Mapping[str, str]
    ) -> dict[tuple[Holder, str], frozenset[str]]:
        """The names of the Azure roles that each of them has where it needs one, also from above."""
        names = {identifier: name for name, identifier in AZURE_ROLES.items()}
        found: dict[tuple[Holder, str], frozenset[str]] = {}
        for item in items(self._environment, vaults):
            key = (item.holder, item.target)
            if not item.azure or not item.target or item.holder not in principals or key in found:
                continue
            where = _assigned(item.target, principals[item.holder])
            rows = self._tried(f"the role assignments of {item.target}", partial(self._list, where))
            if rows is not None:
                ids = {str(row["properties"]["roleDefinitionId"]).rsplit("/", 1)[1].lower() for row in rows}
                found[key] = frozenset(names[identifier] for identifier in ids if identifier in names)
        return found

    def vaults(self) -> dict[str, str]:
        """The resource ids of the vaults, by the address of the secret."""
        found = {}
        for url in dict.fromkeys(secrets(self._environment).values()):
            if vault := secret(self._environment, url).vault:
                rows = self._tried(f"where Key Vault {vault} is", partial(self._list, self._named(vault)))
                same = [row for row in rows or () if str(row["name"]).lower() == vault.lower()]
                if len(same) == 1:
                    found[url] = str(same[0]["id"])
        return found

    def _account_identity(self) -> str:
        answer = self._reader.read(ArmTarget(account_id(self._environment), AUTOMATION_API_VERSION))
        account = self._environment.automation.account
        if answer is None:
            raise ProvisionError(f"Automation account {account} does not exist in {self._environment.resource_group}")
        identity = (answer.get("identity") or {}).get("principalId")
        if not identity:
            raise ProvisionError(f"Automation account {account} has no system-assigned identity; switch it on first")
        return str(identity)

    def _application(self, identifier: str) -> str:
        """The object id of the service principal with that application id or object id; empty when there is none."""
        found = self._by_application(identifier) or self._reader.read(GraphTarget("service principal", (identifier,)))
        return str(found["id"]) if found else ""

    def _by_application(self, identifier: str) -> Json:
        rows = self._list(GraphCollection("service principals", filter=f"appId eq '{identifier}'"))
        same = [row for row in rows if str(row["appId"]).lower() == identifier.lower()]
        return same[0] if same else None

    def _named(self, vault: str) -> ArmCollection:
        return ArmCollection(
            f"/subscriptions/{self._environment.subscription}/resources",
            RESOURCES_API_VERSION,
            f"resourceType eq 'Microsoft.KeyVault/vaults' and name eq '{vault}'",
        )

    def _list(self, collection: ArmCollection | GraphCollection) -> list[Json]:
        found = self._reader.read(collection)
        if found is None:
            raise ProvisionError("the service says that it does not exist")
        return list(found)

    def _tried(self, what: str, read: Callable[[], _Found]) -> _Found | None:
        try:
            return read()
        except ProvisionError as error:
            self._notes.append(f"Cannot read {what}: {_reason(error)}")
            return None


def _assigned(scope: str, principal: str) -> ArmCollection:
    """What the principal holds at the scope and above it, also through groups."""
    where = role_assignment.collection(scope)
    return ArmCollection(where.id, where.api_version, f"{where.filter} and assignedTo('{principal}')")


def _app_roles(principal: str) -> GraphCollection:
    return GraphCollection("app roles", (principal,))


def _reason(error: ProvisionError) -> str:
    if isinstance(error, ServiceRefusal) and error.status == 403:
        return "your sign-in may not (Application.Read.All for Microsoft Graph, Reader for Azure)."
    return str(error)
