from __future__ import annotations

from typing import Any

import pytest

from provision.sandbox.graph.bodies import actual_type, check, read, seconds_of
from provision.sandbox.service import Call, Refusal

POLICY = "accessPackageAssignmentPolicy"
EXTENSION = "customCalloutExtension"
REQUEST_EXTENSION = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (POLICY, {"displayName": None, "specificAllowedTargets": [], "expiration": {"duration": "P365D"}}),
        (POLICY, {"@odata.context": "x", "accessPackage@odata.context": "y", "accessPackage": {"id": "1"}}),
        (POLICY, {"specificAllowedTargets": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "u"}]}),
        (POLICY, {"createdDateTime": "2026-01-31T10:00:00.123Z", "requestApprovalSettings": {"stages": []}}),
        (EXTENSION, {"@odata.type": REQUEST_EXTENSION, "clientConfiguration": {"maximumRetries": 1}}),
        (EXTENSION, {"@odata.type": REQUEST_EXTENSION.removeprefix("#")}),
    ],
)
def test_a_body_that_the_metadata_allows_passes(kind: str, body: dict[str, Any]) -> None:
    check(body, kind, "body")


@pytest.mark.parametrize(
    ("kind", "body", "complaint"),
    [
        (POLICY, [], "must be an object"),
        (POLICY, {"displayname": "x"}, "The property 'displayname' does not exist on type"),
        (POLICY, {"expiration": {"length": "P1D"}}, "body.expiration: The property 'length'"),
        (POLICY, {"displayName": 3}, "body.displayName: Cannot convert the literal '3'"),
        (POLICY, {"allowedTargetScope": "AllMemberUsers"}, "is not a member of microsoft.graph.allowedTargetScope"),
        (POLICY, {"expiration": {"duration": "365 days, 0:00:00"}}, "Edm.Duration"),
        (POLICY, {"expiration": {"duration": "2:00:00"}}, "Edm.Duration"),
        (POLICY, {"createdDateTime": "2026-01-31"}, "Edm.DateTimeOffset"),
        (POLICY, {"questions": None}, "must be an array, never null"),
        (POLICY, {"specificAllowedTargets": {}}, "must be an array"),
        (POLICY, {"specificAllowedTargets": [{"userId": "u"}]}, "'@odata.type' must name a type derived from it"),
        (POLICY, {"specificAllowedTargets": [{"@odata.type": "#microsoft.graph.user"}]}, "does not derive from"),
        (POLICY, {"customExtensionStageSettings": [{"stage": None}]}, "body.customExtensionStageSettings[0].stage"),
        (POLICY, {"@@odata.type": "#microsoft.graph.accessPackageAssignmentPolicy"}, "The property '@@odata.type'"),
        (POLICY, {"package@odata.context": "x"}, "The property 'package@odata.context'"),
        (POLICY, {"accessPackage@odata.bind": "https://x"}, "accessPackage@odata.bind"),
        (POLICY, {"notificationSettings": {"isAssignmentNotificationDisabled": "false"}}, "Edm.Boolean"),
        (EXTENSION, {"displayName": "x"}, "is abstract"),
        (EXTENSION, {"@odata.type": "#microsoft.graph.customCalloutExtension"}, "is an abstract type"),
        (EXTENSION, {"@odata.type": "#microsoft.graph.noSuchThing"}, "not a type that is known"),
        (EXTENSION, {"@odata.type": "accessPackageAssignmentRequestWorkflowExtension"}, "not a type that is known"),
        (EXTENSION, {"@odata.type": REQUEST_EXTENSION, "clientConfiguration": {"maximumRetries": True}}, "Edm.Int32"),
        (EXTENSION, {"@odata.type": REQUEST_EXTENSION, "clientConfiguration": {"maximumRetries": "1"}}, "Edm.Int32"),
    ],
)
def test_anything_else_is_refused_with_its_place(kind: str, body: Any, complaint: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(body, kind, "body")
    assert refused.value.status == 400
    assert complaint in refused.value.message


def test_the_examples_own_abstract_type_is_taken() -> None:
    named = {"@odata.type": "microsoft.graph.customExtensionCallbackConfiguration"}
    assert actual_type(named, "customExtensionCallbackConfiguration", "x") == "customExtensionCallbackConfiguration"


@pytest.mark.parametrize(("text", "seconds"), [("PT5M", 300), ("PT2H", 7200), ("P1DT2H", 93600), ("P14D", 1209600)])
def test_durations_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "5M", "P1W", "P1M", "2:00:00"])
def test_a_text_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        seconds_of(text)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [("text/plain", b"{}", 415), ("", b"{}", 415), ("application/json", b"{", 400), ("application/json", b"", 400)],
)
def test_a_body_must_be_json_and_say_so(content_type: str, body: bytes, status: int) -> None:
    call = Call("PUT", "/x", {}, {}, {"content-type": content_type}, body, "https://127.0.0.1")
    with pytest.raises(Refusal) as refused:
        read(call, POLICY)
    assert refused.value.status == status
