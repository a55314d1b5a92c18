"""The longer JSON of the seed: a policy with everything a careless client can lose, and somebody else's extension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.sandbox import seed
from provision.sandbox.graph.tenant import timestamp

_UNREACHABLE = "https://127.0.0.1:9/workflows/00000000000000000000000000000000/triggers/manual/paths/invoke"

QUESTION: Mapping[str, Any] = {
    "isAnswerEditable": True,
    "isRequired": False,
    "sequence": 1,
    "text": "Why do you need access?",
    "localizations": [{"languageCode": "de", "text": "Wozu brauchen Sie den Zugang?"}],
    "isSingleLineQuestion": True,
    "regexPattern": None,
}

_STAGE = {
    "durationBeforeAutomaticDenial": "P14D",
    "durationBeforeEscalation": "PT0S",
    "isApproverJustificationRequired": True,
    "isEscalationEnabled": False,
    "approverInformationVisibility": "default",
    "primaryApprovers": [
        {"@odata.type": "#microsoft.graph.singleUser", "userId": seed.USERS[1].object_id, "description": None}
    ],
    "fallbackPrimaryApprovers": [],
    "escalationApprovers": [],
    "fallbackEscalationApprovers": [],
}

POLICY: Mapping[str, Any] = {
    "allowedTargetScope": "allMemberUsers",
    "automaticRequestSettings": None,
    "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
    "notificationSettings": {"isAssignmentNotificationDisabled": False},
    "requestApprovalSettings": {
        "isApprovalRequiredForAdd": True,
        "isApprovalRequiredForUpdate": False,
        "isRequestorJustificationRequired": True,
        "stages": [_STAGE],
    },
    "requestorSettings": {
        **{f"enableTargetsToSelf{verb}Access": verb != "Update" for verb in ("Add", "Remove", "Update")},
        **{f"enableOnBehalfRequestorsTo{verb}Access": False for verb in ("Add", "Remove", "Update")},
        "allowCustomAssignmentSchedule": True,
        "onBehalfRequestors": [],
    },
    "reviewSettings": None,
    "specificAllowedTargets": [],
}

FOREIGN_EXTENSION: Mapping[str, Any] = {
    "displayName": "Welcome mail",
    "description": "Belongs to another team.",
    "endpointConfiguration": {
        "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
        "subscriptionId": seed.SUBSCRIPTION,
        "resourceGroupName": "rg-somebody-else",
        "logicAppWorkflowName": "la-welcome-mail",
        "url": f"{_UNREACHABLE}?api-version=2016-10-01",
    },
    "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
    "clientConfiguration": None,
    "callbackConfiguration": None,
    "createdBy": "admin@lab.example",
    "createdDateTime": timestamp(),
    "lastModifiedBy": "admin@lab.example",
    "lastModifiedDateTime": timestamp(),
}
"""Launches and continues, and nobody listens at its address: its callouts fail without harm."""
