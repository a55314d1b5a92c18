"""The tenant as the sandbox starts: users, catalogs, access packages, policies, and somebody else's custom extension.

Users that are synchronised have the SID that the directory gives them, as Entra Connect would bring it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from provision.sandbox import seed
from provision.sandbox.graph.extension_rules import REQUEST_EXTENSION
from provision.sandbox.graph.roles import seed_definitions
from provision.sandbox.graph.seed_bodies import FOREIGN_EXTENSION, POLICY, QUESTION
from provision.sandbox.graph.tenant import Tenant, timestamp

UNUSED_RID = 99999
"""The RID of a synchronised user that the directory does not (yet) have."""
FOREIGN_STAGE = "assignmentRequestGranted"


class SidSource(Protocol):
    """What is asked of the directory."""

    def sid_of(self, account: str) -> str | None:
        """The SID of an account, None when there is none."""
        ...


def populate(tenant: Tenant, directory: SidSource, catalogs: Sequence[seed.SeedCatalog] = seed.CATALOGS) -> None:
    """Put the seed, with these catalogs, into an empty tenant."""
    seed_definitions(tenant)
    sids = {user.account: directory.sid_of(user.account) for user in seed.USERS if user.in_directory}
    domain = next((sid.rpartition("-")[0] for sid in sids.values() if sid), seed.DOMAIN_SID)
    for user in seed.USERS:
        sid = (sids.get(user.account) or f"{domain}-{UNUSED_RID}") if user.synchronised else None
        _add_user(tenant, user, sid)
        _add_subject(tenant, user, sid)
    for catalog in catalogs:
        _add_catalog(tenant, catalog)


def subject_of(user: str) -> str:
    """The id of the entitlement management subject of a user, which is not the user's own."""
    return str(uuid.uuid5(uuid.UUID(user), "accessPackageSubject"))


def _add_user(tenant: Tenant, user: seed.SeedUser, sid: str | None) -> None:
    name = f"{user.account}@{seed.DNS_DOMAIN}"
    empty = ("givenName", "jobTitle", "mobilePhone", "officeLocation", "preferredLanguage", "surname")
    on_premises = {
        "onPremisesDistinguishedName": None,
        "onPremisesDomainName": seed.DNS_DOMAIN if sid else None,
        "onPremisesImmutableId": None,
        "onPremisesSamAccountName": user.account if sid else None,
        "onPremisesSecurityIdentifier": sid,
        "onPremisesSyncEnabled": True if sid else None,
        "onPremisesUserPrincipalName": name if sid else None,
    }
    common: dict[str, Any] = {"accountEnabled": True, "businessPhones": [], "userType": "Member"}
    names = {"displayName": user.name, "mail": name, "userPrincipalName": name, "account": user.account}
    tenant.add("user", {**dict.fromkeys(empty), **common, **names, **on_premises}, key=user.object_id)


def _add_subject(tenant: Tenant, user: seed.SeedUser, sid: str | None) -> None:
    name = f"{user.account}@{seed.DNS_DOMAIN}"
    subject = {
        "displayName": user.name,
        "email": name,
        "objectId": user.object_id,
        "onPremisesSecurityIdentifier": sid,
        "principalName": name,
        "subjectLifecycle": "notDefined",
        "subjectType": "user",
    }
    tenant.add("accessPackageSubject", subject, key=subject_of(user.object_id))


def _add_catalog(tenant: Tenant, catalog: seed.SeedCatalog) -> None:
    kind = "serviceDefault" if catalog.name == "General" else "userManaged"
    values = {"catalogType": kind, "state": "published", "isExternallyVisible": False}
    tenant.add("accessPackageCatalog", {**values, **_dated(catalog.name)}, key=catalog.catalog_id)
    for package in catalog.packages:
        if package.foreign_stage:
            links = {"catalog": catalog.catalog_id}
            tenant.add(REQUEST_EXTENSION, FOREIGN_EXTENSION, links, seed.FOREIGN_EXTENSION_ID)
        _add_package(tenant, catalog.catalog_id, package)


def _add_package(tenant: Tenant, catalog: str, package: seed.SeedPackage) -> None:
    values = {**_dated(package.name), "isHidden": False}
    tenant.add("accessPackage", values, {"catalog": catalog}, package.package_id)
    question = tenant.add("accessPackageTextInputQuestion", QUESTION)
    links: dict[str, str | tuple[str, ...]] = {
        "accessPackage": package.package_id,
        "catalog": catalog,
        "questions": (question.id,),
    }
    if package.foreign_stage:
        extension = {"customExtension": seed.FOREIGN_EXTENSION_ID}
        setting = tenant.add("customExtensionStageSetting", {"stage": FOREIGN_STAGE}, extension)
        links["customExtensionStageSettings"] = (setting.id,)
    tenant.add(
        "accessPackageAssignmentPolicy", {**_dated(f"{package.name} for members"), **POLICY}, links, package.policy_id
    )


def _dated(name: str) -> Mapping[str, Any]:
    now = timestamp()
    return {"displayName": name, "description": name, "createdDateTime": now, "modifiedDateTime": now}
