"""What `apply` makes, one broken link at a time: exactly that check is red, says what it found, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes import ACCOUNT, ASSIGNMENTS, WORKFLOWS, guid
from tests.patient import Break, Patient, examined, found, noticed, sound

FINANCE = f"{WORKFLOWS}/lockstep-test-finance".lower()
RUNBOOK = f"{ACCOUNT}/runbooks/lockstep".lower()
POLICY = "AzureADEntitlementManagementPOPAuthPolicy"
APPLY = "`lockstep apply -e test` makes it so."


@dataclass(frozen=True)
class Broken:
    """A link, and what is said of it."""

    name: str
    link: Break
    area: str
    subject: str
    said: str
    state: str = "fail"
    fix: str = APPLY


def triggers(patient: Patient) -> Any:
    return patient.arm[FINANCE]["properties"]["accessControl"]["triggers"]


def policies(patient: Patient) -> Any:
    return triggers(patient)["openAuthenticationPolicies"]["policies"]


def claims(patient: Patient) -> Any:
    return policies(patient)[POLICY]["claims"]


def claim(name: str, value: str) -> Break:
    def link(patient: Patient) -> None:
        next(c for c in claims(patient) if c["name"] == name)["value"] = value

    return link


def no_claim(name: str) -> Break:
    return lambda patient: claims(patient).remove(next(c for c in claims(patient) if c["name"] == name))


def extension(patient: Patient) -> Any:
    return next(e for e in patient.extensions.values() if e["displayName"] == "Lockstep test: Finance")


def changed(**values: Any) -> Break:
    return lambda patient: extension(patient).update(values)


def endpoint(key: str, value: str) -> Break:
    def link(patient: Patient) -> None:
        extension(patient)["endpointConfiguration"] = {**extension(patient)["endpointConfiguration"], key: value}

    return link


def workflow(key: str, value: Any) -> Break:
    return lambda patient: patient.arm[FINANCE]["properties"].__setitem__(key, value)


def unbound(patient: Patient) -> None:
    policy = patient.policies[guid("q-p2")]
    kept = [s for s in policy["customExtensionStageSettings"] if s["stage"] != "assignmentRequestRemoved"]
    policy["customExtensionStageSettings"] = kept


def role_gone(patient: Patient) -> None:
    principal = patient.arm[FINANCE]["identity"]["principalId"]
    roles = [k for k, v in patient.arm.items() if k.startswith(ASSIGNMENTS.lower()) and principal in str(v)]
    for key in roles:
        del patient.arm[key]


def catalog_role_gone(patient: Patient) -> None:
    principal = patient.arm[FINANCE]["identity"]["principalId"]
    for key in [k for k, v in patient.roles.items() if v["principalId"] == principal]:
        del patient.roles[key]


def variable(name: str, value: str) -> Break:
    return lambda p: p.arm[f"{ACCOUNT}/variables/lockstep-test-{name}".lower()]["properties"].update(value=value)


def moved(state: str) -> Break:
    return lambda patient: patient.arm[RUNBOOK]["properties"].update(state=state)


def retagged(patient: Patient) -> None:
    patient.arm[FINANCE]["tags"].pop("Purpose")


LOGIC, EXTENSION, STAGES = "Logic Apps", "custom extensions", "policy stages"
APP = "lockstep-test-finance"
LINKS = (
    Broken("issuer", claim("iss", "https://evil/"), LOGIC, f"{APP}: claim iss", 'is "https://evil/", not "https://sts'),
    Broken("audience", claim("aud", "x"), LOGIC, f"{APP}: claim aud", 'is "x", not "https://management.azure.com"'),
    Broken("caller", claim("appid", "x"), LOGIC, f"{APP}: claim appid", 'not "810dcf14-1858-4bf2-8134-4c369fa3235b"'),
    Broken("path", claim("p", "/x"), LOGIC, f"{APP}: claim p", 'is "/x", not "/subscriptions/'),
    Broken("no host", no_claim("u"), LOGIC, f"{APP}: claim u", "is missing"),
    Broken(
        "one claim too many",
        lambda p: claims(p).append({"name": "sub", "value": "x"}),
        LOGIC,
        f"{APP}: claim sub",
        'is asked for and Entra does not send it: "x"',
    ),
    Broken(
        "a claim twice",
        lambda p: claims(p).append({"name": "m", "value": "GET"}),
        LOGIC,
        f"{APP}: claim m",
        'is "POST and GET", not "POST"',
    ),
    Broken(
        "no proof of possession",
        lambda p: policies(p)[POLICY].update(type="AAD"),
        LOGIC,
        f"{APP}: policy type",
        'is "AAD", not "AADPOP"',
    ),
    Broken("no policy", lambda p: policies(p).clear(), LOGIC, f"{APP}: policy", f"there is no policy {POLICY}"),
    Broken(
        "a second door",
        lambda p: policies(p).update(mine={"type": "AAD", "claims": []}),
        LOGIC,
        f"{APP}: policy mine",
        "opens the trigger for somebody else",
    ),
    Broken(
        "signatures",
        lambda p: triggers(p).pop("sasAuthenticationPolicy"),
        LOGIC,
        f"{APP}: shared access signatures",
        'is nothing, not {"state": "Disabled"}',
    ),
    Broken(
        "signatures on",
        lambda p: triggers(p)["sasAuthenticationPolicy"].update(state="Enabled"),
        LOGIC,
        f"{APP}: shared access signatures",
        'is "Enabled", not "Disabled"',
    ),
    Broken("disabled", workflow("state", "Disabled"), LOGIC, f"{APP}: state", 'is "Disabled", not "Enabled"'),
    Broken(
        "definition", workflow("definition", {"x": "hidden"}), LOGIC, f"{APP}: definition", "differs in properties."
    ),
    Broken("parameters", workflow("parameters", {}), LOGIC, f"{APP}: parameters", "differs in properties.parameters."),
    Broken("tags", retagged, LOGIC, f"{APP}: tags and region", 'tags.Purpose is nothing, not "Azure AD'),
    Broken(
        "an address range",
        lambda p: triggers(p).update(x=1),
        LOGIC,
        f"{APP}: everything else",
        "differs in properties.accessControl.triggers.x",
    ),
    Broken(
        "role assignment",
        role_gone,
        "roles",
        f"role assignment Automation Operator for {APP}",
        "does not exist",
    ),
    Broken(
        "catalog role",
        catalog_role_gone,
        "roles",
        f"catalog role access package assignment manager for {APP}",
        "does not exist",
    ),
    Broken(
        "bearer token",
        changed(authenticationConfiguration={"@odata.type": "#microsoft.graph.azureAdTokenAuthentication"}),
        EXTENSION,
        "Finance: token security",
        'is "#microsoft.graph.azureAdTokenAuthentication", not "#microsoft.graph.azureAdPopTokenAuthentication"',
    ),
    Broken(
        "another Logic App",
        endpoint("logicAppWorkflowName", "mine"),
        EXTENSION,
        "Finance: Logic App",
        'logicAppWorkflowName is "mine", not "lockstep-test-finance"',
    ),
    Broken("another address", endpoint("url", "https://x/y"), EXTENSION, "Finance: address", 'is "https://x/y", not'),
    Broken(
        "waiting time",
        changed(callbackConfiguration={"timeoutDuration": "PT1H"}),
        EXTENSION,
        "Finance: waiting time",
        'is "PT60M", not "PT15M"',
    ),
    Broken("renamed", changed(displayName="Mine"), EXTENSION, "Finance: name and mark", 'displayName is "Mine", not'),
    Broken(
        "stage",
        unbound,
        STAGES,
        "Manager: Manager for members: assignmentRequestRemoved",
        "does not call the custom extension",
    ),
    Broken(
        "runbook edited",
        lambda p: p.contents.update({RUNBOOK: "print('mine')"}),
        "runbook",
        "runbook content lockstep",
        "differs in content",
    ),
    Broken(
        "draft",
        moved("Edit"),
        "runbook",
        "runbook lockstep: published",
        "somebody has opened a draft",
        "warn",
        "Azure portal > Automation account aa-identity > Runbooks > lockstep > Edit > Revert to published.",
    ),
    Broken("unpublished", moved("New"), "runbook", "runbook lockstep: published", "its state is New"),
    Broken(
        "settings",
        variable("settings", '{"hidden": 1}'),
        "runbook",
        "variable lockstep-test-settings",
        "differs in value.account_wait, value.audit_file, value.directory, and",
    ),
    Broken("mapping", variable("mapping", '"x"'), "runbook", "variable lockstep-test-mapping", "differs in value"),
)


@pytest.mark.parametrize("broken", LINKS, ids=lambda broken: broken.name)
def test_exactly_the_broken_link_is_named_with_its_remedy(broken: Broken) -> None:
    patient = sound()
    broken.link(patient)

    checks = examined(patient)

    assert {subject for _, subject, _ in noticed(checks)} == {broken.subject}
    check = found(checks, broken.subject)
    assert (check.area, check.state, check.fix) == (broken.area, broken.state, broken.fix)
    assert broken.said in check.said
    assert "hidden" not in check.said


def test_all_is_sound_after_apply() -> None:
    checks = examined(sound())

    assert noticed(checks) == []
    assert len(checks) > 60
    assert len({(check.area, check.subject) for check in checks}) == len(checks)


def test_before_apply_everything_it_makes_is_missing_and_nothing_else_is_wrong() -> None:
    checks = examined(Patient())

    red = noticed(checks)
    assert {state for _, _, state in red} == {"fail"}
    assert {area for area, _, _ in red} == {"runbook", LOGIC, "roles", EXTENSION, STAGES}
    assert {check.fix for check in checks if check.red} == {APPLY}
    assert {check.said for check in checks if check.red and check.area != STAGES} == {"does not exist"}


def test_what_is_not_wanted_any_more_is_a_warning() -> None:
    checks = examined(sound(), catalogs=["Engineering"], mapped=("p3",))

    red = [check for check in checks if check.red]
    assert {check.subject for check in red} == {"variable lockstep-test-settings", "variable lockstep-test-mapping"}
    warnings = [check for check in checks if check.state == "warn"]
    assert {check.area for check in warnings} == {LOGIC, "roles", EXTENSION, STAGES}
    assert {check.fix for check in warnings} == {"`lockstep apply -e test` takes it away."}


def test_what_somebody_else_made_is_not_taken_for_ours() -> None:
    patient = sound()
    patient.arm[FINANCE]["tags"] = {}

    check = found(examined(patient), APP)

    assert (check.state, check.said) == ("fail", "exists, but was not made by Lockstep for this environment")
    assert check.fix.startswith("`lockstep apply --adopt -e test` takes it over; or give catalog Finance another name")


def test_what_can_never_be_ours_says_why() -> None:
    patient = sound()
    patient.arm[FINANCE] |= {"tags": {}, "location": "eastus"}

    assert found(examined(patient), APP).fix.startswith("It cannot be taken over: it is in eastus")


def test_an_extension_of_another_type_is_told_from_ours() -> None:
    patient = sound()
    extension(patient)["@odata.type"] = "#microsoft.graph.accessPackageAssignmentWorkflowExtension"

    check = found(examined(patient), "Finance: type")

    assert check.state == "fail"
    assert "is accessPackageAssignmentWorkflowExtension, which no stage of a request can call" in check.said
    assert "Catalogs > Finance > Custom extensions: delete it" in check.fix
