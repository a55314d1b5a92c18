"""Complex types of entitlement management, as the v1.0 CSDL declares them: settings of policies and extensions.

`durationBeforeTimeout` is in no published metadata: only Microsoft's examples use it.
"""

from __future__ import annotations

from provision.sandbox.graph.entity_types import edm_type

SETTINGS = (
    edm_type(
        "accessPackageApprovalStage",
        "approverInformationVisibility:approverInformationVisibility! durationBeforeAutomaticDenial:Duration "
        "durationBeforeEscalation:Duration escalationApprovers:[subjectSet] fallbackEscalationApprovers:[subjectSet] "
        "fallbackPrimaryApprovers:[subjectSet] isApproverJustificationRequired:Boolean isEscalationEnabled:Boolean "
        "primaryApprovers:[subjectSet]",
    ),
    edm_type(
        "accessPackageAssignmentApprovalSettings",
        "isApprovalRequiredForAdd:Boolean isApprovalRequiredForUpdate:Boolean "
        "isRequestorJustificationRequired:Boolean stages:[accessPackageApprovalStage]",
    ),
    edm_type(
        "accessPackageAssignmentRequestorSettings",
        "allowCustomAssignmentSchedule:Boolean enableOnBehalfRequestorsToAddAccess:Boolean "
        "enableOnBehalfRequestorsToRemoveAccess:Boolean enableOnBehalfRequestorsToUpdateAccess:Boolean "
        "enableTargetsToSelfAddAccess:Boolean enableTargetsToSelfRemoveAccess:Boolean "
        "enableTargetsToSelfUpdateAccess:Boolean onBehalfRequestors:[subjectSet]",
    ),
    edm_type(
        "accessPackageAssignmentReviewSettings",
        "expirationBehavior:accessReviewExpirationBehavior fallbackReviewers:[subjectSet] isEnabled:Boolean "
        "isRecommendationEnabled:Boolean isReviewerJustificationRequired:Boolean isSelfReview:Boolean "
        "primaryReviewers:[subjectSet] schedule:entitlementManagementSchedule",
    ),
    edm_type(
        "accessPackageAutomaticRequestSettings",
        "gracePeriodBeforeAccessRemoval:Duration removeAccessWhenTargetLeavesAllowedTargets:Boolean "
        "requestAccessForAllowedTargets:Boolean",
    ),
    edm_type("accessPackageNotificationSettings", "isAssignmentNotificationDisabled:Boolean!"),
    edm_type("accessPackageLocalizedText", "languageCode:String! text:String"),
    edm_type("accessPackageAnswerChoice", "actualValue:String localizations:[accessPackageLocalizedText] text:String"),
    edm_type("entitlementManagementSchedule", "expiration:expirationPattern startDateTime:DateTimeOffset"),
    edm_type("expirationPattern", "duration:Duration endDateTime:DateTimeOffset type:expirationPatternType"),
    edm_type("subjectSet", abstract=True),
    edm_type("singleUser", "description:String userId:String", base="subjectSet"),
    edm_type("groupMembers", "description:String groupId:String", base="subjectSet"),
    edm_type("requestorManager", "managerLevel:Int32", base="subjectSet"),
    edm_type("targetManager", "managerLevel:Int32", base="subjectSet"),
    edm_type("internalSponsors", base="subjectSet"),
    edm_type("externalSponsors", base="subjectSet"),
    edm_type("attributeRuleMembers", "description:String membershipRule:String", base="subjectSet"),
)

CALLOUTS = (
    edm_type("customExtensionEndpointConfiguration", abstract=True),
    edm_type(
        "logicAppTriggerEndpointConfiguration",
        "logicAppWorkflowName:String resourceGroupName:String subscriptionId:String url:String",
        base="customExtensionEndpointConfiguration",
    ),
    edm_type("httpRequestEndpoint", "targetUrl:String", base="customExtensionEndpointConfiguration"),
    edm_type("customExtensionAuthenticationConfiguration", abstract=True),
    edm_type("azureAdPopTokenAuthentication", base="customExtensionAuthenticationConfiguration"),
    edm_type("azureAdTokenAuthentication", "resourceId:String", base="customExtensionAuthenticationConfiguration"),
    edm_type("customExtensionClientConfiguration", "maximumRetries:Int32 timeoutInMilliseconds:Int32"),
    edm_type(
        "customExtensionCallbackConfiguration",
        "timeoutDuration:Duration durationBeforeTimeout:Duration",
        abstract=True,
    ),
    edm_type("accessPackageRequestApprovalStageCallbackConfiguration", base="customExtensionCallbackConfiguration"),
    edm_type(
        "customExtensionCalloutInstance",
        "customExtensionId:String detail:String externalCorrelationId:String id:String "
        "status:customExtensionCalloutInstanceStatus",
    ),
    edm_type("customExtensionData", abstract=True),
    edm_type(
        "accessPackageAssignmentRequestCallbackData",
        "customExtensionStageInstanceDetail:String customExtensionStageInstanceId:String "
        "stage:accessPackageCustomExtensionStage state:String",
        base="customExtensionData",
    ),
)
