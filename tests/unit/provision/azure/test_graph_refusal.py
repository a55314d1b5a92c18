from __future__ import annotations

import pytest

from provision.azure.graph_nouns import BUILDERS
from provision.azure.graph_refusal import SERVICES, explained, unreachable


@pytest.mark.parametrize(
    ("method", "noun", "expected"),
    [
        (
            "GET",
            "policies",
            "reading the policies of entitlement management. Give the identity that runs lockstep the ",
        ),
        ("GET", "catalogs", "the application permission EntitlementManagement.Read.All of Microsoft Graph, with admin"),
        ("PUT", "policy", "EntitlementManagement.ReadWrite.All of Microsoft Graph, with admin consent, or the role "),
        ("PUT", "policy", "the role Catalog owner or Access package manager on the catalog"),
        ("POST", "extensions", "the role Catalog owner on the catalog"),
        ("POST", "task extensions", "writing the task extensions of Lifecycle Workflows."),
        ("POST", "task extensions", "permission LifecycleWorkflows-CustomExt.ReadWrite.All of Microsoft Graph"),
        ("GET", "workflows", "permission LifecycleWorkflows-Workflow.Read.All of Microsoft Graph"),
        ("GET", "service principal", "permission Application.Read.All of Microsoft Graph"),
        ("POST", "app roles", "permission AppRoleAssignment.ReadWrite.All of Microsoft Graph"),
    ],
)
def test_a_403_names_the_missing_permission(method: str, noun: str, expected: str) -> None:
    text = str(explained(403, "Authorization_RequestDenied", "Insufficient privileges.", method, noun))

    assert text.startswith("No permission for ")
    assert expected in text


def test_every_noun_of_a_service_exists() -> None:
    assert SERVICES.keys() <= BUILDERS.keys()


def test_a_catalog_role_is_no_remedy_for_reading_everything() -> None:
    assert "Catalog owner" not in str(explained(403, "x", "x", "GET", "extensions"))


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "InvalidAuthenticationToken", "Sign in again."),
        (429, "TooManyRequests", "Wait, then run the same command again."),
        (500, "generalException", "failed at writing the policy of entitlement management"),
        (500, "generalException", "bad thing Run the same command again."),
        (
            400,
            "InvalidModel",
            "refused writing the policy of entitlement management (PUT, 400 InvalidModel): bad thing",
        ),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(status: int, code: str, expected: str) -> None:
    refusal = explained(status, code, "bad\nthing", "PUT", "policy")

    assert expected in str(refusal)
    assert (refusal.status, refusal.code) == (status, code)


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "`ca_file` under `cloud`"),
        ("All connection attempts failed", "Check the network, a proxy, and the addresses"),
    ],
)
def test_nobody_answering_names_the_address_and_the_remedy(reason: str, remedy: str) -> None:
    text = str(unreachable("https://graph.example", OSError(reason)))

    assert text.startswith(f"Microsoft Graph at https://graph.example did not answer: {reason}. ")
    assert remedy in text


def test_an_error_without_words_is_told_by_its_kind() -> None:
    assert "did not answer: TimeoutError." in str(unreachable("https://graph.example", TimeoutError()))
