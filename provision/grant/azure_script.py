"""What is missing -> a script of az commands for bash. Pure.

The script looks up by itself what could not be read, and may be run twice: what is there already is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from provision.environment import Environment
from provision.grant.giving import ASSIGNER, condition
from provision.grant.quoting import bash, comment
from provision.grant.reading import GRAPH_APP_ID
from provision.grant.standing import NAMES, Item, Seen, Standing
from provision.grant.table import Holder
from provision.naming import JOBS_API_VERSION, account_id

VARIABLES: Final[dict[Holder, str]] = {"runbook": "RUNBOOK", "deployer": "DEPLOYER"}
CLOUDS: Final = {"usgov": "AzureUSGovernment", "china": "AzureChinaCloud"}

_PERMIT: Final = """\
permit() {{  # OBJECT-ID NAME: one application permission of Microsoft Graph, found by its name
  local role held
  role=$(az ad sp show --id {graph_app} --query "appRoles[?value=='$2' && contains(allowedMemberTypes, 'Application')].id | [0]" -o tsv)
  [ -n "$role" ] || {{ echo "Microsoft Graph has no application permission $2" >&2; return 1; }}
  held=$(az rest --method get --resource {resource} --url "{graph}/v1.0/servicePrincipals/$1/appRoleAssignments" --query "value[?appRoleId=='$role'].id | [0]" -o tsv)
  [ -z "$held" ] || {{ echo "there already: $2"; return; }}
  az rest --method post --resource {resource} --url "{graph}/v1.0/servicePrincipals/$1/appRoleAssignments" \\
    --headers Content-Type=application/json --body "{{\\"principalId\\": \\"$1\\", \\"resourceId\\": \\"$GRAPH\\", \\"appRoleId\\": \\"$role\\"}}" -o none
}}"""  # noqa: E501 - one command of the script is one line
_ASSIGN: Final = """\
assign() {  # OBJECT-ID ROLE SCOPE [CONDITION]: one role of Azure
  az role assignment create --assignee-object-id "$1" --assignee-principal-type ServicePrincipal --role "$2" --scope "$3" \\
    ${4:+--condition "$4" --condition-version 2.0} -o none
}"""  # noqa: E501 - as above

_IDENTITY: Final = """\
account() {{ {rest} "$@"; }}
case $(account --method get --query identity.type -o tsv) in
  ""|None) account --method patch --headers Content-Type=application/json --body '{{"identity": {{"type": "SystemAssigned"}}}}' -o none ;;
  UserAssigned) echo "switch on the system-assigned identity too: portal > {account} > Identity" >&2; exit 1 ;;
esac
RUNBOOK=$(account --method get --query identity.principalId -o tsv)"""  # noqa: E501 - as above


def script(environment: Environment, standings: Sequence[Standing], seen: Seen, deployer: str | None) -> str:
    """The commands for everything that is not there; empty when everything is.

    `deployer` is the id that the deployer was named by.
    """
    todo = [standing.item for standing in standings if standing.state != "there"]
    return "\n".join(_lines(environment, todo, seen, deployer)) + "\n" if todo else ""


def _lines(environment: Environment, todo: Sequence[Item], seen: Seen, deployer: str | None) -> Iterator[str]:
    cloud = environment.cloud
    yield f"# Environment {environment.name}: permissions in Azure and Entra, each once. Bash with Azure CLI, signed in"
    yield f"# (az login --tenant {environment.tenant}) as somebody who may assign roles in Azure and is Privileged Role"
    yield "# Administrator in Entra. Nothing is taken away; running it again changes nothing."
    yield "set -euo pipefail"
    if cloud.name in CLOUDS:
        yield f"az cloud set --name {CLOUDS[cloud.name]}"
    if any(not item.azure for item in todo):
        yield f"GRAPH=$(az ad sp show --id {GRAPH_APP_ID} --query id -o tsv)"
        yield _PERMIT.format(graph_app=GRAPH_APP_ID, resource=bash(cloud.graph_audience), graph=cloud.graph)
    if any(item.azure for item in todo):
        yield _ASSIGN
    for holder in dict.fromkeys(item.holder for item in todo):
        yield ""
        yield f"# {NAMES[holder][0].upper()}{NAMES[holder][1:]}"
        yield from _principal(environment, holder, seen, deployer)
        for item in todo:
            if item.holder == holder:
                yield from _command(environment, item)


def _principal(environment: Environment, holder: Holder, seen: Seen, deployer: str | None) -> Iterator[str]:
    variable = VARIABLES[holder]
    if holder in seen.principals:
        yield f"{variable}={bash(seen.principals[holder])}"
    elif holder == "runbook":
        cloud, account = environment.cloud, environment.automation.account
        url = bash(f"{cloud.arm}{account_id(environment)}?api-version={JOBS_API_VERSION}")
        yield _IDENTITY.format(rest=f"az rest --resource {bash(cloud.arm_audience)} --url {url}", account=account)
    elif deployer:
        yield f"{variable}=$(az ad sp show --id {bash(deployer)} --query id -o tsv)"
    else:
        yield f': "${{{variable}:?set it to the object id of the service principal that runs lockstep}}"'


def _command(environment: Environment, item: Item) -> Iterator[str]:
    who, why = f'"${VARIABLES[item.holder]}"', comment("; ".join(item.operations))
    if not item.azure:
        yield f"permit {who} {bash(item.permission)}  # {why}"
        return
    yield f"# {why}" + (", and no role but those that apply assigns" if item.permission == ASSIGNER else "")
    bounds = f" {bash(condition())}" if item.permission == ASSIGNER else ""
    yield from _scope(environment, item)
    scope = bash(item.target) if item.target else '"$SECRET"'
    yield f"assign {who} {bash(item.permission)} {scope}{bounds}"


def _scope(environment: Environment, item: Item) -> Iterator[str]:
    """Where a secret is, when that could not be read. Key Vault must use Azure roles."""
    if item.target or item.secret is None:
        return
    if item.secret.vault:
        named = f"--name {bash(item.secret.vault)} --subscription {environment.subscription}"
        yield f'SECRET="$(az keyvault show {named} --query id -o tsv)/secrets/"{bash(item.secret.name)}'
    else:
        unset = f"set it to the resource id of the vault of {item.secret.url}"
        yield f'SECRET="${{VAULT:?{unset}}}/secrets/"{item.secret.name}'
