"""Applications in Graph's metadata: service principals, the application permissions they declare, and who has them."""

from __future__ import annotations

from provision.sandbox.graph.entity_types import edm_type

APPLICATIONS = (
    edm_type(
        "appRole",
        "allowedMemberTypes:[String]! description:String displayName:String id:Guid! isEnabled:Boolean! origin:String "
        "value:String",
    ),
    edm_type(
        "appRoleAssignment",
        "appRoleId:Guid! createdDateTime:DateTimeOffset principalDisplayName:String principalId:Guid "
        "principalType:String resourceDisplayName:String resourceId:Guid",
        base="entity",
    ),
    edm_type(
        "servicePrincipal",
        "accountEnabled:Boolean appId:String appRoles:[appRole]! displayName:String servicePrincipalType:String",
        base="entity",
    ),
)
