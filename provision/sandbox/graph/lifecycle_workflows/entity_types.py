"""Types and enumerations of the namespace `microsoft.graph.identityGovernance`, as the v1.0 CSDL declares them."""

from __future__ import annotations

from collections.abc import Mapping

from provision.sandbox.graph.entity_types import edm_type

IG = "identityGovernance."
"""The namespace below `microsoft.graph.`; names of types here begin with it."""
WORKFLOW = f"{IG}workflow"
VERSION = f"{IG}workflowVersion"
TASK = f"{IG}task"
DEFINITION = f"{IG}taskDefinition"
EXTENSION = f"{IG}customTaskExtension"
CALLBACK = f"{IG}customTaskExtensionCallbackConfiguration"
CALLBACK_DATA = f"{IG}customTaskExtensionCallbackData"
RESULT = f"{IG}taskProcessingResult"
USER_RESULT = f"{IG}userProcessingResult"

SETS = frozenset({WORKFLOW, VERSION, EXTENSION})
"""Types with an entity set of their own although they derive from a type other than `entity`."""

ENUMS: Mapping[str, tuple[str, ...]] = {
    f"{IG}customTaskExtensionOperationStatus": ("completed", "failed"),
    f"{IG}lifecycleTaskCategory": ("joiner", "leaver", "mover"),
    f"{IG}lifecycleWorkflowCategory": ("joiner", "leaver", "mover"),
    f"{IG}lifecycleWorkflowProcessingStatus": (
        *("queued", "inProgress", "completed", "completedWithErrors", "canceled", "failed"),
        *("canceling", "quarantined"),
    ),
    f"{IG}matchMode": ("any", "all"),
    f"{IG}membershipChangeType": ("add", "remove"),
    f"{IG}quarantineType": (
        *("notQuarantined", "countBasedThresholdExceeded", "percentageBasedThresholdExceeded"),
        "multipleConditionsExceeded",
    ),
    f"{IG}valueType": ("enum", "string", "int", "bool"),
    f"{IG}workflowExecutionType": ("scheduled", "onDemand", "activatedWithScope", "preview"),
    f"{IG}workflowTriggerTimeBasedAttribute": ("employeeHireDate", "employeeLeaveDateTime", "createdDateTime"),
}
FLAGS = frozenset({f"{IG}lifecycleTaskCategory"})
"""Enumerations whose values may hold several members, separated by commas."""
LATE: Mapping[str, frozenset[str]] = {
    f"{IG}lifecycleTaskCategory": frozenset({"mover"}),
    f"{IG}lifecycleWorkflowCategory": frozenset({"mover"}),
}
"""Members that a caller sees only when it asks for them; without that it reads `unknownFutureValue`."""

CONDITIONS = (
    edm_type(f"{IG}workflowExecutionConditions", abstract=True),
    edm_type(f"{IG}onDemandExecutionOnly", base=f"{IG}workflowExecutionConditions"),
    edm_type(
        f"{IG}triggerAndScopeBasedConditions",
        f"scope:subjectSet trigger:{IG}workflowExecutionTrigger",
        base=f"{IG}workflowExecutionConditions",
    ),
    edm_type(f"{IG}ruleBasedSubjectSet", "rule:String!", base="subjectSet"),
    edm_type(f"{IG}workflowExecutionTrigger", abstract=True),
    edm_type(
        f"{IG}timeBasedAttributeTrigger",
        f"offsetInDays:Int32! timeBasedAttribute:{IG}workflowTriggerTimeBasedAttribute!",
        base=f"{IG}workflowExecutionTrigger",
    ),
    edm_type(
        f"{IG}attributeChangeTrigger",
        f"triggerAttributes:[{IG}triggerAttribute]!",
        base=f"{IG}workflowExecutionTrigger",
    ),
    edm_type(
        f"{IG}membershipChangeTrigger",
        f"changeType:{IG}membershipChangeType!",
        base=f"{IG}workflowExecutionTrigger",
    ),
    edm_type(f"{IG}triggerAttribute", "name:String!"),
)

WORKFLOWS = (
    edm_type("keyValuePair", "name:String! value:String"),
    edm_type(f"{IG}parameter", f"name:String! valueType:{IG}valueType! values:[String]"),
    edm_type(f"{IG}quarantineCondition", abstract=True),
    edm_type(f"{IG}countBasedQuarantineCondition", "threshold:Int64!", base=f"{IG}quarantineCondition"),
    edm_type(f"{IG}percentageBasedQuarantineCondition", "percentage:Int32!", base=f"{IG}quarantineCondition"),
    edm_type(
        f"{IG}quarantineConfiguration",
        f"conditions:[{IG}quarantineCondition]! matchMode:{IG}matchMode!",
    ),
    edm_type(
        f"{IG}quarantineDetails",
        f"quarantineReason:String quarantineType:{IG}quarantineType! quarantinedDateTime:DateTimeOffset",
    ),
    edm_type(f"{IG}workflowSetting", f"quarantineConfiguration:{IG}quarantineConfiguration"),
    edm_type(
        f"{IG}workflowBase",
        f"category:{IG}lifecycleWorkflowCategory! createdDateTime:DateTimeOffset description:String "
        f"displayName:String! executionConditions:{IG}workflowExecutionConditions isEnabled:Boolean! "
        "isSchedulingEnabled:Boolean! lastModifiedDateTime:DateTimeOffset",
        f"createdBy:user lastModifiedBy:user tasks:[{TASK}]",
        abstract=True,
    ),
    edm_type(
        WORKFLOW,
        "deletedDateTime:DateTimeOffset id:String! nextScheduleRunDateTime:DateTimeOffset "
        f"quarantineDetails:{IG}quarantineDetails! settings:{IG}workflowSetting! version:Int32",
        f"userProcessingResults:[{USER_RESULT}] versions:[{VERSION}]",
        f"{IG}workflowBase",
    ),
    edm_type(VERSION, f"settings:{IG}workflowSetting! versionNumber:Int32!", base=f"{IG}workflowBase"),
    edm_type(
        TASK,
        f"arguments:[keyValuePair]! category:{IG}lifecycleTaskCategory! continueOnError:Boolean! description:String "
        "displayName:String! executionSequence:Int32! isEnabled:Boolean! taskDefinitionId:String!",
        f"taskProcessingResults:[{RESULT}]",
        "entity",
    ),
    edm_type(
        DEFINITION,
        f"category:{IG}lifecycleTaskCategory! continueOnError:Boolean! description:String displayName:String! "
        f"parameters:[{IG}parameter]! version:Int32!",
        base="entity",
    ),
)

PROCESSING = (
    edm_type(
        RESULT,
        "completedDateTime:DateTimeOffset createdDateTime:DateTimeOffset! failureReason:String "
        f"processingInfo:String processingStatus:{IG}lifecycleWorkflowProcessingStatus! "
        "startedDateTime:DateTimeOffset",
        f"subject:user! task:{TASK}!",
        "entity",
    ),
    edm_type(
        USER_RESULT,
        "completedDateTime:DateTimeOffset failedTasksCount:Int32! "
        f"processingStatus:{IG}lifecycleWorkflowProcessingStatus! scheduledDateTime:DateTimeOffset! "
        "startedDateTime:DateTimeOffset totalTasksCount:Int32! totalUnprocessedTasksCount:Int32! "
        f"workflowExecutionType:{IG}workflowExecutionType! workflowVersion:Int32!",
        f"subject:user! taskProcessingResults:[{RESULT}]",
        "entity",
    ),
)

EXTENSIONS = (
    edm_type("application", "appId:String displayName:String", base="entity"),
    edm_type(CALLBACK, links="authorizedApps:[application]", base="customExtensionCallbackConfiguration"),
    edm_type(
        CALLBACK_DATA,
        f"operationStatus:{IG}customTaskExtensionOperationStatus",
        base="customExtensionData",
    ),
    edm_type(
        EXTENSION,
        "callbackConfiguration:customExtensionCallbackConfiguration createdDateTime:DateTimeOffset "
        "lastModifiedDateTime:DateTimeOffset",
        "createdBy:user lastModifiedBy:user",
        "customCalloutExtension",
    ),
)

TYPES = (*CONDITIONS, *WORKFLOWS, *PROCESSING, *EXTENSIONS)
