"""Catalogs and access packages: reading them."""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import READ, Gate
from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.service import Answer, Call, Route

ENTITLEMENT = "/v1.0/identityGovernance/entitlementManagement"

_CATALOG_FILTERS = {"displayName": "eq contains startswith"}
_PACKAGE_FILTERS = {"displayName": "eq contains startswith", "catalog/id": "eq"}


class Catalogs:
    """`catalogs` and `accessPackages` of entitlement management."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers

    def routes(self) -> Sequence[Route]:
        """List and get of both sets."""
        return (
            Route("GET", f"{ENTITLEMENT}/catalogs", self._catalogs),
            Route("GET", f"{ENTITLEMENT}/catalogs/{{catalog}}", self._catalog),
            Route("GET", f"{ENTITLEMENT}/accessPackages", self._packages),
            Route("GET", f"{ENTITLEMENT}/accessPackages/{{package}}", self._package),
        )

    def _catalogs(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        options = options_of(call, "accessPackageCatalog", _CATALOG_FILTERS)
        return self._answers.many(call, self._tenant.rows("accessPackageCatalog"), options)

    def _catalog(self, call: Call) -> Answer:
        self._gate.admit(call, READ, call.arguments["catalog"])
        catalog = self._tenant.require("accessPackageCatalog", call.arguments["catalog"])
        return self._answers.one(call, catalog, shape_of(call, catalog.type))

    def _packages(self, call: Call) -> Answer:
        options = options_of(call, "accessPackage", _PACKAGE_FILTERS)
        self._gate.admit(call, READ, options.condition.demanded("catalog/id") if options.condition else None)
        return self._answers.many(call, self._tenant.rows("accessPackage"), options)

    def _package(self, call: Call) -> Answer:
        package = self._tenant.get("accessPackage", call.arguments["package"])
        self._gate.admit(call, READ, str(package.links["catalog"]) if package else None)
        package = self._tenant.require("accessPackage", call.arguments["package"])
        return self._answers.one(call, package, shape_of(call, package.type))
