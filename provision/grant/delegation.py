r"""*Write member* on each mapped group, and on nothing else -> commands for a domain administrator. Pure.

Sources: `dsacls` (Windows Server commands), `samba-tool dsacl`, and for the ACE MS-ADTS 5.1.3.2 with the schema id of
`member`. A group given by its distinguished name is named by it; any other is looked up where the commands run, and
must be found exactly once. Names go through quoting: a mapping cannot put a command in here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provision.environment import Environment, SimpleBind
from provision.grant.quoting import bash, comment, ldap_value, native_dn, powershell
from runbook.distinguished_name import fold
from runbook.group_name import GroupName
from runbook.mapping import Mapping

MEMBER: Final = "bf9679c0-0de6-11d0-a285-00aa003049e2"

_DSACLS: Final = r"""
function Grant-Member([string] $Group) {
  dsacls $Group /G "${account}:WP;member" | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "dsacls $Group ended with $LASTEXITCODE" }
  "write member: $Group"
}
function Find-Group([string] $Identity, [hashtable] $Where = @{}) {  # dsacls is not told of " and / as they are
  (Get-ADGroup -Identity $Identity @Where).DistinguishedName -replace '\\"', '\22' -replace '/', '\2F'
}
"""
_SAMBA: Final = """
: "${SAM:=/var/lib/samba/private/sam.ldb}"   # or ldap://dc1.corp.example, with what samba-tool needs to sign in there
sid() {  # the SID of the one object that an LDAP filter finds
  local found
  found=$(ldbsearch -H "$SAM" "$1" objectSid | sed -n 's/^objectSid: //p')
  [ "$(grep -c . <<< "$found")" = 1 ] || { echo "AD does not have exactly one: $1" >&2; return 1; }
  echo "$found"
}
write_member() {  # a distinguished name, <SID=...> or <GUID=...>
  samba-tool dsacl set -H "$SAM" --objectdn="$1" --sddl="(OA;;WP;MEMBER;;$ACCOUNT)" > /dev/null
  echo "write member: $1"
}
named() { local found; found=$(sid "$1"); write_member "<SID=$found>"; }
""".replace("MEMBER;", f"{MEMBER};")


@dataclass(frozen=True, slots=True)
class MappedGroup:
    """A group of the mapping, once, and the access packages that give it."""

    name: GroupName
    packages: tuple[str, ...]


def mapped_groups(mapping: Mapping) -> tuple[MappedGroup, ...]:
    """Every group of the mapping, in its order; the same group in two spellings is there twice."""
    found: dict[tuple[str, str, str], MappedGroup] = {}
    for package in mapping.packages:
        for name in package.groups:
            key = (name.form, name.key, name.domain)
            earlier = found[key].packages if key in found else ()
            found[key] = MappedGroup(name, (*earlier, package.package_id))
    return tuple(found.values())


def windows(environment: Environment, mapping: Mapping, account: str | None) -> str:
    """PowerShell with dsacls; `account` is the bind account, where the environment does not name it."""
    lines = [
        *_heading(environment, "PowerShell with the module ActiveDirectory (RSAT)"),
        "$ErrorActionPreference = 'Stop'",
        _windows_account(environment, account),
        _DSACLS.strip(),
        *(_windows_group(environment, group) for group in mapped_groups(mapping)),
    ]
    return "\n".join(lines) + "\n"


def samba(environment: Environment, mapping: Mapping, account: str | None) -> str:
    """Bash with samba-tool and ldbsearch."""
    lines = [
        *_heading(environment, "bash on a Samba domain controller, as root (packages samba and ldb-tools)"),
        "set -euo pipefail",
        _SAMBA.strip(),
        _samba_account(environment, account),
        *(_samba_group(environment, group) for group in mapped_groups(mapping)),
    ]
    return "\n".join(lines) + "\n"


def _heading(environment: Environment, where: str) -> Iterator[str]:
    yield f"# Environment {environment.name}: the bind account may write the attribute member of each mapped group, and"
    yield f"# nothing else. For {where}. Running it again changes nothing."


def _bind_account(environment: Environment, given: str | None) -> str | None:
    bind = environment.directory.bind
    return given or (bind.user if isinstance(bind, SimpleBind) else None)


def _windows_account(environment: Environment, given: str | None) -> str:
    account = _bind_account(environment, given)
    if account is None:
        unset = "Set $account first: DOMAIN\\name of the account whose ticket the workers use"
        return f"if (-not $account) {{ throw {powershell(unset)} }}"
    if "=" in account:
        domain = powershell(f"{environment.directory.domain}\\")
        look = f"Get-ADObject -Identity {powershell(account)} -Properties sAMAccountName"
        return f"$account = {domain} + ({look}).sAMAccountName"
    return f"$account = {powershell(account)}"


def _windows_group(environment: Environment, group: MappedGroup) -> str:
    name = group.name
    why = comment(f"access package {', '.join(group.packages)}")
    if name.form == "dn":
        return f"Grant-Member {powershell(native_dn(name.text))}  # {why}"
    identity = name.text.rpartition("\\")[2].strip("{}") if name.form in {"account", "guid"} else name.text
    elsewhere = name.domain and name.domain != fold(environment.directory.domain)
    server = f" @{{Server = {powershell(name.text.rpartition(chr(92))[0])}}}" if elsewhere else ""
    return f"Grant-Member (Find-Group {powershell(identity)}{server})  # {why}"


def _samba_account(environment: Environment, given: str | None) -> str:
    account = _bind_account(environment, given)
    if account is None:
        return (
            'ACCOUNT=$(sid "(sAMAccountName=${BIND:?set it to the name of the account whose ticket the workers use})")'
        )
    if "=" in account:
        attribute, value = "distinguishedName", account
    elif "@" in account:
        attribute, value = "userPrincipalName", account
    else:
        attribute, value = "sAMAccountName", account.rpartition("\\")[2]
    return f"ACCOUNT=$(sid {bash(f'({attribute}={ldap_value(value)})')})"


def _samba_group(environment: Environment, group: MappedGroup) -> str:
    del environment
    name = group.name
    why = comment(f"access package {', '.join(group.packages)}")
    if name.form == "account":
        account = ldap_value(name.text.rpartition("\\")[2])
        return f"named {bash(f'(&(objectClass=group)(sAMAccountName={account}))')}  # {why}"
    known = {"guid": f"<GUID={name.key}>", "sid": f"<SID={name.key}>"}
    return f"write_member {bash(known.get(name.form, name.text))}  # {why}"
