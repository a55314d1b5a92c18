from __future__ import annotations

import pytest

from provision.azure.arm_refusal import explained, says_absent, unreachable

DENIED = (
    "The client 'x' with object id 'y' does not have authorization to perform action '{}' over scope '/scope' or the "
    "scope is invalid."
)


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.Logic/workflows/write", "Logic App Contributor"),
        ("microsoft.automation/automationAccounts/variables/read", "Automation Contributor"),
        ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
        ("Microsoft.Web/connections/read", "Contributor"),
    ],
)
def test_a_403_names_the_missing_permission_its_scope_and_a_role_that_has_it(action: str, role: str) -> None:
    text = str(explained(403, "AuthorizationFailed", DENIED.format(action), "PUT", "/path"))

    assert text.startswith(f"No permission for {action} on /scope. ")
    assert f"the role {role} there" in text


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (403, "Other", "no words that are known", "No permission for GET /path on /path."),
        (401, "InvalidAuthenticationTokenTenant", "wrong tenant.", "Check `tenant` and `subscription`"),
        (404, "SubscriptionNotFound", "no subscription.", "Check `tenant` and `subscription`"),
        (401, "ExpiredAuthenticationToken", "expired.", "Sign in again."),
        (404, "ResourceGroupNotFound", "no group.", "Check `resource_group`"),
        (429, "TooManyRequests", "slow down.", "Wait, then run the same command again."),
        (400, "InvalidTemplate", "bad\n  action", "GET /path was refused (400 InvalidTemplate): bad action"),
        (500, "", "", "failed at GET /path (500 ): no reason given Run the same command again."),
        (418, "", "", "GET /path was refused (418 ): no reason given"),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(status: int, code: str, message: str, expected: str) -> None:
    refusal = explained(status, code, message, "GET", "/path")

    assert expected in str(refusal)
    assert (refusal.status, refusal.code) == (status, code)


def test_a_code_that_the_sdk_put_into_the_text_is_taken_out_of_it() -> None:
    refusal = explained(404, "", "(NotFound) The runbook was not found.", "GET", "/path")

    assert refusal.code == "NotFound"
    assert str(refusal).endswith("(404 NotFound): The runbook was not found.")


@pytest.mark.parametrize(
    ("status", "code", "absent"),
    [(404, "NotFound", True), (404, "", False), (404, "ResourceGroupNotFound", False), (410, "Gone", False)],
)
def test_only_the_services_own_404_says_absent(status: int, code: str, *, absent: bool) -> None:
    assert says_absent(explained(status, code, "x", "GET", "/")) is absent


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "`ca_file` under `cloud`"),
        ("[Errno 111] Connection refused", "Check the network, a proxy, and the addresses"),
    ],
)
def test_nobody_answering_names_the_address_and_the_remedy(reason: str, remedy: str) -> None:
    text = str(unreachable("https://arm.example", OSError(reason)))

    assert text.startswith(f"Resource Manager at https://arm.example did not answer: {reason}. ")
    assert remedy in text
