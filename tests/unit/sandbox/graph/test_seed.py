from __future__ import annotations

import uuid

from provision.sandbox import seed
from provision.sandbox.graph.bodies import check
from provision.sandbox.graph.seed import populate, subject_of
from provision.sandbox.graph.tenant import Tenant


class NoSids:
    def sid_of(self, account: str) -> str | None:  # noqa: ARG002 - the directory knows nobody
        return None


def test_every_subject_belongs_to_a_user_and_has_an_id_of_its_own() -> None:
    tenant = Tenant()
    populate(tenant, NoSids())
    subjects = {row.values["objectId"]: row.id for row in tenant.rows("accessPackageSubject")}
    assert set(subjects) == {user.object_id for user in seed.USERS}
    assert all(subject_of(user) == key and uuid.UUID(key) for user, key in subjects.items())
    assert not set(subjects) & set(subjects.values())


def test_without_a_domain_sid_that_of_the_seed_is_used() -> None:
    tenant = Tenant()
    populate(tenant, NoSids())
    joiner = tenant.require("user", seed.USERS[5].object_id)
    assert joiner.values["onPremisesSecurityIdentifier"] == f"{seed.DOMAIN_SID}-99999"


def test_one_policy_is_bound_to_the_extension_of_somebody_else() -> None:
    tenant = Tenant()
    populate(tenant, NoSids())
    settings = tenant.rows("customExtensionStageSetting")
    assert [row.links["customExtension"] for row in settings] == [seed.FOREIGN_EXTENSION_ID]
    owner = next(row for row in tenant.rows("accessPackageAssignmentPolicy") if settings[0].id in str(row.links))
    assert owner.id == seed.CATALOGS[0].packages[0].policy_id


def test_everything_in_the_seed_is_what_the_metadata_allows() -> None:
    tenant = Tenant()
    populate(tenant, NoSids())
    for kind in ("accessPackageCatalog", "accessPackage", "accessPackageAssignmentPolicy", "accessPackageSubject"):
        for row in tenant.rows(kind):
            check(row.values, row.type, row.type)
    for kind in ("customCalloutExtension", "accessPackageQuestion"):
        for row in tenant.rows(kind):
            check({"@odata.type": f"#microsoft.graph.{row.type}", **row.values}, row.type, row.type)
