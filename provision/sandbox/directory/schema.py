"""What each attribute is: the part of Active Directory's schema that this directory has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from provision.sandbox import seed

SCHEMA_CONTEXT = f"CN=Schema,CN=Configuration,{seed.BASE}"


class Syntax(Enum):
    """How values are compared and written."""

    TEXT = auto()
    NAME = auto()
    INTEGER = auto()
    SID = auto()
    GUID = auto()
    BOOLEAN = auto()
    TIME = auto()
    CLASS = auto()
    CATEGORY = auto()


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; a constructed one is computed on request and cannot be in a filter (MS-ADTS 3.1.1.4.5).

    `linked` attributes live in the store's links, not in an entry.
    """

    name: str
    syntax: Syntax = Syntax.TEXT
    constructed: bool = False
    linked: bool = False


_KNOWN = (
    *(Attribute(name) for name in ("cn", "ou", "dc", "name", "sAMAccountName", "userPrincipalName", "displayName")),
    *(Attribute(name) for name in ("givenName", "sn", "description", "mail", "info", "msDS-ObjectSoa")),
    *(Attribute(name) for name in ("msDS-ExternalDirectoryObjectId", "employeeID", "title", "department")),
    *(Attribute(name, Syntax.INTEGER) for name in ("groupType", "sAMAccountType", "userAccountControl", "adminCount")),
    *(Attribute(name, Syntax.INTEGER) for name in ("primaryGroupID", "instanceType", "accountExpires", "systemFlags")),
    *(Attribute(name, Syntax.TIME) for name in ("whenCreated", "whenChanged")),
    *(Attribute(name, Syntax.NAME) for name in ("distinguishedName", "managedBy", "manager")),
    Attribute("objectClass", Syntax.CLASS),
    Attribute("objectCategory", Syntax.CATEGORY),
    Attribute("objectSid", Syntax.SID),
    Attribute("objectGUID", Syntax.GUID),
    Attribute("isCriticalSystemObject", Syntax.BOOLEAN),
    Attribute("member", Syntax.NAME, linked=True),
    Attribute("memberOf", Syntax.NAME, linked=True),
    Attribute("tokenGroups", Syntax.SID, constructed=True),
    Attribute("allowedAttributesEffective", constructed=True),
)

ATTRIBUTES = {attribute.name.lower(): attribute for attribute in _KNOWN}
"""By name in lower case."""

CATEGORIES = {
    "user": "Person",
    "computer": "Computer",
    "contact": "Person",
    "group": "Group",
    "organizationalunit": "Organizational-Unit",
    "container": "Container",
    "domaindns": "Domain-DNS",
    "foreignsecurityprincipal": "Foreign-Security-Principal",
}
"""The category of each structural class (its `defaultObjectCategory`)."""


def category(name: str) -> str:
    """The DN that `objectCategory` holds for a class or for a category's short name (`person`)."""
    short = CATEGORIES.get(name.lower(), name)
    known = next((entry for entry in CATEGORIES.values() if entry.lower().replace("-", "") == short.lower()), short)
    return f"CN={known},{SCHEMA_CONTEXT}"
