"""Makes and reads the database of a Samba domain. A script for the system's own Python, which has Debian's `samba`.

    /usr/bin/python3 -I samba_domain.py provision    a new domain with a population in it
    /usr/bin/python3 -I samba_domain.py principals   every account's SID and the groups that list it

Orders come as one JSON object on stdin (so that no password is in an argument), the answer is JSON on stdout.
Nothing of the project is imported. I/O inside: the database files that the given smb.conf names.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import ldb  # type: ignore[import-not-found]
from samba import dsdb  # type: ignore[import-not-found]
from samba.auth import system_session  # type: ignore[import-not-found]
from samba.dcerpc import security  # type: ignore[import-not-found]
from samba.ndr import ndr_unpack  # type: ignore[import-not-found]
from samba.param import LoadParm  # type: ignore[import-not-found]
from samba.provision import provision  # type: ignore[import-not-found]
from samba.samdb import SamDB  # type: ignore[import-not-found]
from samba.sd_utils import SDUtils  # type: ignore[import-not-found]

CHUNK = 100
"""Objects in one transaction: thousands in one take Samba minutes."""
IN_BULK = ("batch_mode:1",)
"""Indices are merged once for a transaction: otherwise each object costs more than the one before."""
MEMBER_ATTRIBUTE = "bf9679c0-0de6-11d0-a285-00aa003049e2"
GROUP_TYPES = {
    "global": dsdb.GTYPE_SECURITY_GLOBAL_GROUP,
    "domain_local": dsdb.GTYPE_SECURITY_DOMAIN_LOCAL_GROUP,
    "universal": dsdb.GTYPE_SECURITY_UNIVERSAL_GROUP,
}


def main() -> None:
    """Run the order named by the first argument."""
    order = json.load(sys.stdin)
    logging.basicConfig(level=logging.ERROR)
    parameters = LoadParm(filename_for_non_global_lp=order["configuration"])
    if sys.argv[1] == "provision":
        _provision(order, parameters)
        _populate(order, _database(parameters, IN_BULK))
        json.dump({}, sys.stdout)
    else:
        json.dump(_principals(_database(parameters)), sys.stdout)


def _database(parameters: Any, options: tuple[str, ...] = ()) -> Any:
    return SamDB(session_info=system_session(), lp=parameters, options=list(options))


def _provision(order: dict[str, Any], parameters: Any) -> None:
    """Unlike `samba-tool domain provision` this takes a ready smb.conf, and can leave out the ACLs of sysvol."""
    provision(
        logging.getLogger("provision"),
        system_session(),
        smbconf=order["configuration"],
        realm=order["realm"],
        domain=order["domain"],
        hostname=order["host"],
        hostip=order["address"],
        adminpass=order["administrator_password"],
        domainsid=security.dom_sid(order["domain_sid"]),
        dns_backend="NONE",
        serverrole="active directory domain controller",
        dom_for_fun_level=dsdb.DS_DOMAIN_FUNCTION_2008_R2,
        lp=parameters,
        skip_sysvolacl=True,
        batch_mode=True,
    )


def _populate(order: dict[str, Any], database: Any) -> None:
    for unit in order["units"]:
        database.add({"dn": unit, "objectClass": "organizationalUnit"})
    names = {account["account"]: _account(database, account, order) for account in [order["bind_account"]]}
    for start in range(0, len(order["accounts"]), CHUNK):
        database.transaction_start()
        for account in order["accounts"][start : start + CHUNK]:
            names[account["account"]] = _account(database, account, order)
        database.transaction_commit()
    for group in order["groups"]:
        names[group["account"]] = _group(database, group, order, names)
    writer = _sid(database, names[order["bind_account"]["account"]])
    for group in order["groups"]:
        if group["writable"]:
            entry = f"(OA;;WP;{MEMBER_ATTRIBUTE};;{writer})"
            SDUtils(database).dacl_add_ace(str(names[group["account"]]), entry)
        if group["hidden"]:
            entry = f"(OD;;RP;{MEMBER_ATTRIBUTE};;{writer})"
            SDUtils(database).dacl_add_ace(str(names[group["account"]]), entry)


def _name(database: Any, common_name: str, where: str) -> Any:
    name = ldb.Dn(database, f"CN=x,{where}")
    name.set_component(0, "CN", common_name)
    return name


def _account(database: Any, account: dict[str, Any], order: dict[str, Any]) -> Any:
    where = order["service_accounts"] if account == order["bind_account"] else order["people"]
    name = _name(database, account["name"], where)
    if account["kind"] == "contact":
        database.add({"dn": name, "objectClass": "contact", "displayName": account["name"]})
        return name
    disabled = dsdb.UF_ACCOUNTDISABLE if account["disabled"] else 0
    kind = dsdb.UF_WORKSTATION_TRUST_ACCOUNT if account["kind"] == "computer" else dsdb.UF_NORMAL_ACCOUNT
    values = {
        "objectClass": account["kind"],
        "sAMAccountName": account["account"],
        "displayName": account["name"],
        "userPrincipalName": f"{account['account']}@{order['realm'].lower()}",
        "userAccountControl": str(kind | dsdb.UF_PASSWD_NOTREQD | disabled),
    }
    if account["protected"]:
        values["adminCount"] = "1"
    database.add({"dn": name, **values})
    if account["password"]:
        database.setpassword(f"(sAMAccountName={ldb.binary_encode(account['account'])})", account["password"])
        # setting a password enables the account
        _set_flags(database, name, dsdb.UF_NORMAL_ACCOUNT | disabled)
    if account["protected"]:
        _add_members(database, ldb.Dn(database, f"CN=Domain Admins,CN=Users,{database.domain_dn()}"), [name])
    return name


def _group(database: Any, group: dict[str, Any], order: dict[str, Any], names: dict[str, Any]) -> Any:
    name = _name(database, group["account"], order["teams"])
    values = {
        "objectClass": "group",
        "sAMAccountName": group["account"],
        "groupType": str(GROUP_TYPES[group["scope"]] & (0x7FFFFFFF if group["distribution"] else ~0)),
    }
    if group["protected"]:
        values["adminCount"] = "1"
    database.add({"dn": name, **values})
    _add_members(database, name, [names[member] for member in group["members"]])
    return name


def _add_members(database: Any, group: Any, members: list[Any]) -> None:
    if members:
        message = ldb.Message(group)
        message["member"] = ldb.MessageElement([str(member) for member in members], ldb.FLAG_MOD_ADD, "member")
        database.modify(message)


def _set_flags(database: Any, name: Any, flags: int) -> None:
    message = ldb.Message(name)
    message["flags"] = ldb.MessageElement(str(flags), ldb.FLAG_MOD_REPLACE, "userAccountControl")
    database.modify(message)


def _sid(database: Any, name: Any) -> str:
    found = database.search(base=name, scope=ldb.SCOPE_BASE, attrs=["objectSid"])
    return str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))


def _principals(database: Any) -> dict[str, dict[str, Any]]:
    found = database.search(
        base=database.domain_dn(),
        scope=ldb.SCOPE_SUBTREE,
        expression="(&(sAMAccountName=*)(objectSid=*))",
        attrs=["sAMAccountName", "objectSid", "memberOf"],
    )
    accounts = {str(entry.dn).casefold(): str(entry["sAMAccountName"][0]) for entry in found}
    return {
        str(entry["sAMAccountName"][0]): {
            "sid": str(ndr_unpack(security.dom_sid, entry["objectSid"][0])),
            "groups": sorted({accounts[str(name).casefold()] for name in entry.get("memberOf", [])}),
        }
        for entry in found
    }


if __name__ == "__main__":
    main()
