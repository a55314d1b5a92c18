"""What is in the sandbox before anybody touches it: one tenant, one domain, two catalogs.

Pure data. Passwords here open nothing but the sandbox itself.
"""

from __future__ import annotations

from dataclasses import dataclass

TENANT = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
RESOURCE_GROUP = "rg-identity"
LOCATION = "westeurope"
AUTOMATION_ACCOUNT = "aa-identity"
WORKER_GROUP = "onprem-workers"
DEPLOYER_APP_ID = "44444444-4444-4444-8444-444444444444"
DEPLOYER_OBJECT_ID = "44444444-4444-4444-8444-444444444445"
ADMINISTRATOR_APP_ID = "44444444-4444-4444-8444-444444444446"
ADMINISTRATOR_OBJECT_ID = "44444444-4444-4444-8444-444444444447"
AUTOMATION_OBJECT_ID = "55555555-5555-4555-8555-555555555556"
ENTITLEMENT_APP_ID = "810dcf14-1858-4bf2-8134-4c369fa3235b"  # "Azure AD Identity Governance - Entitlement Management"
LIFECYCLE_APP_ID = "ce79fdc4-cd1d-4ea5-8139-e74d7dbe0bb7"  # "Azure AD Lifecycle Workflows"

DOMAIN = "LAB"
DNS_DOMAIN = "lab.example"
BASE = "DC=lab,DC=example"
DOMAIN_SID = "S-1-5-21-1111111111-2222222222-3333333333"
BIND_ACCOUNT = "svc-lockstep"
BIND_PASSWORD = "Sandbox-bind-1!"  # noqa: S105 - opens only the sandbox's own directory
BIND_SECRET = "ad-bind"  # noqa: S105 - the name of the Key Vault secret, not its value


@dataclass(frozen=True, slots=True)
class SeedUser:
    """A person: in Entra always, in AD when `in_directory`; synchronised when it has a SID there."""

    object_id: str
    account: str
    name: str
    in_directory: bool = True
    synchronised: bool = True
    protected: bool = False


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """An AD group, its first members, and whether AD treats it as privileged."""

    account: str
    members: tuple[str, ...] = ()
    protected: bool = False
    writable: bool = True


@dataclass(frozen=True, slots=True)
class SeedPackage:
    """An access package with one assignment policy."""

    package_id: str
    name: str
    policy_id: str
    groups: tuple[str, ...]
    foreign_stage: bool = False


@dataclass(frozen=True, slots=True)
class SeedCatalog:
    """An entitlement management catalog and its packages."""

    catalog_id: str
    name: str
    packages: tuple[SeedPackage, ...]


def _user(number: int, account: str, name: str, **more: bool) -> SeedUser:
    return SeedUser(f"66666666-6666-4666-8666-6666666666{number:02d}", account, name, **more)


USERS = (
    _user(1, "ada.lovelace", "Ada Lovelace"),
    _user(2, "grace.hopper", "Grace Hopper"),
    _user(3, "alan.turing", "Alan Turing"),
    _user(4, "katherine.johnson", "Johnson, Katherine (Orbit) & Zoë"),
    _user(5, "cloud.only", "Claude Cloud", in_directory=False, synchronised=False),
    _user(6, "new.joiner", "Nora Joiner", in_directory=False),
    _user(7, "dora.admin", "Dora Admin", protected=True),
)

GROUPS = (
    SeedGroup("Finance_Readers"),
    SeedGroup("Finance_Writers"),
    SeedGroup("Finance_Reports"),
    SeedGroup("Eng_Repo"),
    SeedGroup("Eng_Build"),
    SeedGroup("Eng_Oncall"),
    SeedGroup("VPN_Users"),
    SeedGroup("Café (Köln) #1"),
    SeedGroup("Staff_All", members=("ada.lovelace", "grace.hopper", "alan.turing", "katherine.johnson")),
    SeedGroup("Payroll_Admins", protected=True),
    SeedGroup("Locked_Group", writable=False),
)

CATALOGS = (
    SeedCatalog(
        "33333333-3333-4333-8333-333333333301",
        "Finance",
        (
            SeedPackage(
                "77777777-7777-4777-8777-777777777701",
                "Finance analyst",
                "88888888-8888-4888-8888-888888888801",
                ("Finance_Readers", "Finance_Reports"),
                foreign_stage=True,
            ),
            SeedPackage(
                "77777777-7777-4777-8777-777777777702",
                "Finance manager",
                "88888888-8888-4888-8888-888888888802",
                ("Finance_Readers", "Finance_Writers"),
            ),
        ),
    ),
    SeedCatalog(
        "33333333-3333-4333-8333-333333333302",
        "Engineering",
        (
            SeedPackage(
                "77777777-7777-4777-8777-777777777703",
                "Engineer",
                "88888888-8888-4888-8888-888888888803",
                ("Eng_Repo", "Eng_Build", "VPN_Users"),
            ),
            SeedPackage(
                "77777777-7777-4777-8777-777777777704",
                "On-call engineer",
                "88888888-8888-4888-8888-888888888804",
                ("Eng_Oncall", "VPN_Users", "Café (Köln) #1"),
            ),
        ),
    ),
    SeedCatalog("33333333-3333-4333-8333-333333333303", "General", ()),
)

FOREIGN_EXTENSION_ID = "99999999-9999-4999-8999-999999999901"
"""A custom extension of somebody else, bound to a stage of the policy with `foreign_stage`."""
