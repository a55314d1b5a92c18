from __future__ import annotations

import threading

import pytest

from provision.sandbox.graph.tenant import Tenant, timestamp
from provision.sandbox.service import Refusal

CATALOG, PACKAGE = "accessPackageCatalog", "accessPackage"


def test_an_entity_is_found_by_its_id_in_any_case() -> None:
    tenant = Tenant()
    made = tenant.add(CATALOG, {"displayName": "Finance"}, key="ABCDEF00-0000-4000-8000-000000000000")
    assert tenant.get(CATALOG, made.id.lower()) == made
    assert tenant.require(CATALOG, made.id.upper()) == made


def test_an_unknown_id_is_refused_with_404() -> None:
    with pytest.raises(Refusal) as refused:
        Tenant().require(CATALOG, "x")
    assert (refused.value.status, refused.value.code) == (404, "ResourceNotFound")


def test_an_update_keeps_what_it_does_not_name_and_leaves_the_old_entity_alone() -> None:
    tenant = Tenant()
    made = tenant.add(PACKAGE, {"displayName": "a", "isHidden": False}, {"catalog": "c"})
    changed = tenant.update(made, {"displayName": "b"})
    assert dict(changed.values) == {"displayName": "b", "isHidden": False}
    assert changed.links == {"catalog": "c"}
    assert made.values["displayName"] == "a"


def test_an_update_starts_from_what_is_stored_not_from_what_the_caller_holds() -> None:
    tenant = Tenant()
    made = tenant.add(PACKAGE, {"displayName": "a"})
    tenant.update(made, {"description": "new"})
    assert tenant.update(made, {"displayName": "b"}).values == {"displayName": "b", "description": "new"}


def test_types_below_one_root_share_a_set() -> None:
    tenant = Tenant()
    made = tenant.add("accessPackageAssignmentWorkflowExtension", {})
    assert tenant.rows("customCalloutExtension") == [made]
    assert tenant.get("accessPackageAssignmentRequestWorkflowExtension", made.id) == made


def test_navigations_are_followed_forward_and_backward() -> None:
    tenant = Tenant()
    catalog = tenant.add(CATALOG, {})
    package = tenant.add(PACKAGE, {}, {"catalog": catalog.id})
    tenant.add(PACKAGE, {}, {"catalog": "another"})
    assert tenant.linked(package, "catalog") == catalog
    assert tenant.follow(package, "catalog") == catalog
    assert tenant.linked_rows(catalog, "accessPackages") == [package]


def test_a_stored_list_of_links_keeps_its_order_and_drops_what_is_gone() -> None:
    tenant = Tenant()
    one, two = (tenant.add("customExtensionStageSetting", {}) for _ in range(2))
    policy = tenant.add("accessPackageAssignmentPolicy", {}, {"customExtensionStageSettings": (two.id, one.id)})
    assert tenant.linked_rows(policy, "customExtensionStageSettings") == [two, one]
    tenant.remove(two)
    assert tenant.linked_rows(policy, "customExtensionStageSettings") == [one]


def test_a_link_to_nothing_is_none_and_following_it_is_refused() -> None:
    tenant = Tenant()
    package = tenant.add(PACKAGE, {}, {"catalog": "gone"})
    assert tenant.linked(package, "catalog") is None
    with pytest.raises(Refusal):
        tenant.follow(package, "catalog")


def test_hidden_rows_are_listed_only_on_demand() -> None:
    tenant = Tenant()
    made = tenant.update(tenant.add(PACKAGE, {}), {}, hidden=True)
    assert tenant.rows(PACKAGE) == []
    assert tenant.rows(PACKAGE, hidden=True) == [made]
    assert tenant.update(made, {"isHidden": True}).hidden


def test_a_change_wakes_who_waits_for_it() -> None:
    tenant, woken = Tenant(), threading.Event()

    def wait() -> None:
        with tenant.changed:
            tenant.changed.wait_for(lambda: tenant.rows(PACKAGE), timeout=5)
            woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    tenant.add(PACKAGE, {})
    thread.join(5)
    assert woken.is_set()


def test_clearing_forgets_everything() -> None:
    tenant = Tenant()
    made = tenant.add(PACKAGE, {})
    tenant.clear()
    assert tenant.get(PACKAGE, made.id) is None


def test_moments_are_written_in_utc() -> None:
    assert timestamp().endswith("Z")
