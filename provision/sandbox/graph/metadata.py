"""The part of Microsoft Graph's v1.0 metadata that the sandbox emulates: enumerations, entities, look-ups.

Pure data; a test compares it with the published CSDL.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from provision.sandbox.graph.application_types import APPLICATIONS
from provision.sandbox.graph.complex_types import CALLOUTS, SETTINGS
from provision.sandbox.graph.entity_types import EdmType, Property, edm_type
from provision.sandbox.graph.lifecycle_workflows import entity_types as lifecycle_workflows

ENUMS: Mapping[str, tuple[str, ...]] = {
    "accessPackageAssignmentState": ("delivering", "partiallyDelivered", "delivered", "expired", "deliveryFailed"),
    "accessPackageCatalogState": ("unpublished", "published"),
    "accessPackageCatalogType": ("userManaged", "serviceDefault", "serviceManaged"),
    "accessPackageCustomExtensionStage": (
        "assignmentRequestCreated",
        "assignmentRequestApproved",
        "assignmentRequestGranted",
        "assignmentRequestRemoved",
        "assignmentFourteenDaysBeforeExpiration",
        "assignmentOneDayBeforeExpiration",
    ),
    "accessPackageRequestState": (
        *("submitted", "pendingApproval", "delivering", "delivered", "deliveryFailed"),
        *("denied", "scheduled", "canceled", "partiallyDelivered"),
    ),
    "accessPackageRequestType": (
        *("notSpecified", "userAdd", "userUpdate", "userRemove", "adminAdd", "adminUpdate", "adminRemove"),
        *("systemAdd", "systemUpdate", "systemRemove", "onBehalfAdd", "approverRemove"),
    ),
    "accessPackageSubjectLifecycle": ("notDefined", "notGoverned", "governed"),
    "accessPackageSubjectType": ("notSpecified", "user", "servicePrincipal"),
    "accessReviewExpirationBehavior": ("keepAccess", "removeAccess", "acceptAccessRecommendation"),
    "allowedTargetScope": (
        *("notSpecified", "specificDirectoryUsers", "specificConnectedOrganizationUsers"),
        *("specificDirectoryServicePrincipals", "allMemberUsers", "allDirectoryUsers", "allDirectoryServicePrincipals"),
        *("allConfiguredConnectedOrganizationUsers", "allExternalUsers", "allDirectoryAgentIdentities"),
    ),
    "approverInformationVisibility": ("default", "notVisible", "visible"),
    "customExtensionCalloutInstanceStatus": (
        *("calloutSent", "callbackReceived", "calloutFailed", "callbackTimedOut", "waitingForCallback"),
    ),
    "expirationPatternType": ("notSpecified", "noExpiration", "afterDateTime", "afterDuration"),
    **lifecycle_workflows.ENUMS,
}

_EXTENSION = (
    "callbackConfiguration:customExtensionCallbackConfiguration createdBy:String createdDateTime:DateTimeOffset "
    "lastModifiedBy:String lastModifiedDateTime:DateTimeOffset"
)

_ENTITIES = (
    edm_type("entity", "id:String!", abstract=True),
    edm_type(
        "accessPackageCatalog",
        "catalogType:accessPackageCatalogType createdDateTime:DateTimeOffset description:String displayName:String "
        "isExternallyVisible:Boolean modifiedDateTime:DateTimeOffset state:accessPackageCatalogState",
        "accessPackages:[accessPackage] customWorkflowExtensions:[customCalloutExtension]",
        "entity",
    ),
    edm_type(
        "accessPackage",
        "createdDateTime:DateTimeOffset description:String displayName:String isHidden:Boolean "
        "modifiedDateTime:DateTimeOffset",
        "assignmentPolicies:[accessPackageAssignmentPolicy] catalog:accessPackageCatalog",
        "entity",
    ),
    edm_type(
        "accessPackageAssignmentPolicy",
        "allowedTargetScope:allowedTargetScope automaticRequestSettings:accessPackageAutomaticRequestSettings "
        "createdDateTime:DateTimeOffset description:String displayName:String expiration:expirationPattern "
        "modifiedDateTime:DateTimeOffset notificationSettings:accessPackageNotificationSettings "
        "requestApprovalSettings:accessPackageAssignmentApprovalSettings "
        "requestorSettings:accessPackageAssignmentRequestorSettings "
        "reviewSettings:accessPackageAssignmentReviewSettings specificAllowedTargets:[subjectSet]",
        "accessPackage:accessPackage catalog:accessPackageCatalog "
        "customExtensionStageSettings:[customExtensionStageSetting] questions:[accessPackageQuestion]",
        "entity",
    ),
    edm_type(
        "customExtensionStageSetting",
        "stage:accessPackageCustomExtensionStage!",
        "customExtension:customCalloutExtension",
        "entity",
    ),
    edm_type(
        "accessPackageQuestion",
        "isAnswerEditable:Boolean isRequired:Boolean localizations:[accessPackageLocalizedText] sequence:Int32 "
        "text:String",
        base="entity",
        abstract=True,
    ),
    edm_type(
        "accessPackageTextInputQuestion",
        "isSingleLineQuestion:Boolean regexPattern:String",
        base="accessPackageQuestion",
    ),
    edm_type(
        "accessPackageMultipleChoiceQuestion",
        "choices:[accessPackageAnswerChoice] isMultipleSelectionAllowed:Boolean",
        base="accessPackageQuestion",
    ),
    edm_type(
        "customCalloutExtension",
        "authenticationConfiguration:customExtensionAuthenticationConfiguration "
        "clientConfiguration:customExtensionClientConfiguration description:String displayName:String "
        "endpointConfiguration:customExtensionEndpointConfiguration",
        base="entity",
        abstract=True,
    ),
    edm_type("accessPackageAssignmentRequestWorkflowExtension", _EXTENSION, base="customCalloutExtension"),
    edm_type("accessPackageAssignmentWorkflowExtension", _EXTENSION, base="customCalloutExtension"),
    edm_type(
        "accessPackageSubject",
        "displayName:String email:String objectId:String onPremisesSecurityIdentifier:String principalName:String "
        "subjectLifecycle:accessPackageSubjectLifecycle! subjectType:accessPackageSubjectType",
        base="entity",
    ),
    edm_type(
        "accessPackageAssignment",
        "customExtensionCalloutInstances:[customExtensionCalloutInstance] expiredDateTime:DateTimeOffset "
        "schedule:entitlementManagementSchedule state:accessPackageAssignmentState status:String",
        "accessPackage:accessPackage assignmentPolicy:accessPackageAssignmentPolicy target:accessPackageSubject",
        "entity",
    ),
    edm_type(
        "accessPackageAssignmentRequest",
        "completedDateTime:DateTimeOffset createdDateTime:DateTimeOffset "
        "customExtensionCalloutInstances:[customExtensionCalloutInstance] justification:String "
        "requestType:accessPackageRequestType schedule:entitlementManagementSchedule "
        "state:accessPackageRequestState status:String",
        "accessPackage:accessPackage assignment:accessPackageAssignment requestor:accessPackageSubject",
        "entity",
    ),
    edm_type("unifiedRolePermission", "allowedResourceActions:[String]! condition:String"),
    edm_type(
        "unifiedRoleDefinition",
        "description:String displayName:String isBuiltIn:Boolean isEnabled:Boolean resourceScopes:[String]! "
        "rolePermissions:[unifiedRolePermission]! templateId:String version:String",
        base="entity",
    ),
    edm_type(
        "unifiedRoleAssignment",
        "appScopeId:String condition:String directoryScopeId:String principalId:String roleDefinitionId:String",
        "roleDefinition:unifiedRoleDefinition",
        "entity",
    ),
    edm_type(
        "user",
        "accountEnabled:Boolean businessPhones:[String]! displayName:String givenName:String jobTitle:String "
        "mail:String mobilePhone:String officeLocation:String onPremisesDistinguishedName:String "
        "onPremisesDomainName:String onPremisesImmutableId:String onPremisesSamAccountName:String "
        "onPremisesSecurityIdentifier:String onPremisesSyncEnabled:Boolean onPremisesUserPrincipalName:String "
        "preferredLanguage:String surname:String userPrincipalName:String userType:String",
        base="entity",
    ),
)

TYPES: Mapping[str, EdmType] = {
    found.name: found for found in (*SETTINGS, *CALLOUTS, *APPLICATIONS, *lifecycle_workflows.TYPES, *_ENTITIES)
}


@cache
def properties_of(type_name: str) -> Mapping[str, Property]:
    """Every property of a type, inherited ones first."""
    found = TYPES[type_name]
    return {**(properties_of(found.base) if found.base else {}), **found.properties}


@cache
def derives(type_name: str, base: str) -> bool:
    """Whether a type is `base` or stands below it."""
    return type_name == base or (bool(TYPES[type_name].base) and derives(TYPES[type_name].base, base))


@cache
def root_of(type_name: str) -> str:
    """The type whose entity set holds the entity: the topmost one under `entity`, or one with a set of its own."""
    base = TYPES[type_name].base
    own = base in {"", "entity"} or type_name in lifecycle_workflows.SETS
    return type_name if own else root_of(base)
