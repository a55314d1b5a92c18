"""A tenant in memory for the doctor to look at: applied and sound, until a test breaks one link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from provision.doctor.check import Check
from provision.doctor.examination import examine
from provision.doctor.facts import Facts
from provision.doctor.gathering import GRAPH_APPLICATION, Wish, gather
from provision.errors import ProvisionError
from provision.mapping_source import MappingText
from provision.resource import ArmTarget, GraphCollection, Json, Target
from runbook.mapping import parse_mapping
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL, GROUP, InMemoryAzure
from tests.sample import MAPPED, NOW, SCRIPT, carried_out, environment, mapping_text, planned

GRAPH_OBJECT = "77777777-0000-4000-8000-000000000001"
DEPLOYER = "44444444-4444-4444-8444-444444444445"
ROLES = {
    "EntitlementManagement.Read.All": "c74fd47d-ed3c-45c3-9a9e-b8676de685d2",
    "EntitlementManagement.ReadWrite.All": "9acd699f-1e81-4958-b001-93b1d2506e19",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
}
PERMISSIONS = "providers/Microsoft.Authorization/permissions"


class Patient(InMemoryAzure):
    """What the doctor asks for. `silent` are refusals to read, by a text in the target; `skew` is our clock's error."""

    def __init__(self) -> None:
        super().__init__()
        self.token: Mapping[str, Json] | ProvisionError = {
            "appid": "44444444-4444-4444-8444-444444444444",
            "oid": DEPLOYER,
            "tid": environment().tenant,
            "roles": ["EntitlementManagement.ReadWrite.All", "Application.Read.All"],
        }
        self.skew = timedelta()
        self.undated: ProvisionError | None = None
        self.silent: dict[str, ProvisionError] = {}
        self.asked: list[Target] = []
        self.held = ["EntitlementManagement.Read.All", "User.Read.All"]
        self.graph = [
            {
                "id": GRAPH_OBJECT,
                "appId": GRAPH_APPLICATION,
                "appRoles": [{"id": key, "value": name} for name, key in ROLES.items()],
            }
        ]
        for scope in (GROUP, ACCOUNT):
            self.allow(scope, ["*"])

    def allow(self, scope: str, actions: list[str], but: tuple[str, ...] = ()) -> None:
        """What we may do at that scope."""
        self.put_arm(f"{scope}/{PERMISSIONS}/one", actions=actions, notActions=list(but))

    def read(self, target: Target) -> Json:
        """See `Reader.read`."""
        self.asked.append(target)
        for text, error in self.silent.items():
            if text in str(target):
                raise error
        if isinstance(target, GraphCollection) and target.noun == "service principals":
            assert target.filter == f"appId eq '{GRAPH_APPLICATION}'"
            return self.graph
        if isinstance(target, GraphCollection) and target.noun == "app roles":
            assert target.keys == (ACCOUNT_PRINCIPAL,)
            return [{"id": f"a-{name}", "appRoleId": ROLES[name], "resourceId": GRAPH_OBJECT} for name in self.held]
        return super().read(target)

    def claims(self, scope: str) -> Mapping[str, Json]:
        """See `Services.claims`."""
        assert scope == "https://graph.microsoft.com/.default"
        if isinstance(self.token, ProvisionError):
            raise self.token
        return self.token

    def date(self, target: ArmTarget) -> datetime:
        """See `Services.date`."""
        assert target.id == GROUP
        if self.undated:
            raise self.undated
        return NOW - self.skew - timedelta(seconds=0.5)  # it leaves out what is less than a second


def sound(**changes: Any) -> Patient:
    """A tenant in which the environment is applied."""
    patient = Patient()
    carried_out(patient, planned(patient, **changes))
    patient.writes.clear()
    patient.asked.clear()
    return patient


def facts(
    patient: Patient, mapped: tuple[str, ...] = MAPPED, problem: str = "", *, worker: bool = False, **changes: Any
) -> Facts:
    """What the doctor learns of it at `NOW`, with a mapping of these access packages."""
    text = mapping_text(*mapped)
    source, mapping = MappingText(text, "mapping.json"), parse_mapping(text, "mapping.json")
    wish = Wish(environment(**changes), "test", SCRIPT, source, None if problem else mapping, problem, worker)
    return gather(patient, wish, lambda: NOW)


def examined(patient: Patient, mapped: tuple[str, ...] = MAPPED, **changes: Any) -> tuple[Check, ...]:
    """All checks that need no job."""
    return examine(facts(patient, mapped, **changes))


def red(checks: tuple[Check, ...]) -> list[tuple[str, str, str]]:
    """The red ones: area, subject, state."""
    return [(check.area, check.subject, check.state) for check in checks if check.red]


def noticed(checks: tuple[Check, ...]) -> list[tuple[str, str, str]]:
    """All but the sound ones: area, subject, state."""
    return [(check.area, check.subject, check.state) for check in checks if check.state != "ok"]


def found(checks: tuple[Check, ...], subject: str) -> Check:
    """The one check of that subject."""
    (check,) = [check for check in checks if check.subject == subject]
    return check


Break = Callable[[Patient], object]
"""Breaks one link."""
