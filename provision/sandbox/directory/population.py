"""Who is in a directory when it starts: the seed's people and groups, or those of a test.

Pure data and where it lies in the tree; both directories are filled from it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from provision.sandbox import seed

Scope = Literal["global", "domain_local", "universal"]

Kind = Literal["user", "computer", "contact"]


@dataclass(frozen=True, slots=True)
class Realm:
    """A domain: its NetBIOS name, its DNS name, its SID. `forest` is the DN of the first domain of its forest.

    Without a `forest` it is the first one of its own.
    """

    name: str
    dns: str
    sid: str
    forest: str = ""

    @property
    def base(self) -> str:
        """The DN of the domain."""
        return ",".join(f"DC={label}" for label in self.dns.split("."))

    @property
    def root(self) -> str:
        """The DN of the first domain of the forest."""
        return self.forest or self.base

    @property
    def people(self) -> str:
        """Where the accounts are."""
        return f"OU=People,{self.base}"

    @property
    def teams(self) -> str:
        """Where the groups are."""
        return f"OU=Groups,{self.base}"

    @property
    def service_accounts(self) -> str:
        """Where the bind account is."""
        return f"OU=Service Accounts,{self.base}"

    @property
    def bind_user(self) -> str:
        """The bind account, as user principal name."""
        return f"{seed.BIND_ACCOUNT}@{self.dns}"


LAB = Realm(seed.DOMAIN, seed.DNS_DOMAIN, seed.DOMAIN_SID)
"""The sandbox's own domain."""

PEOPLE, TEAMS = LAB.people, LAB.teams


@dataclass(frozen=True, slots=True)
class Account:
    """A user: `name` is its CN, `protected` puts it into Domain Admins with adminCount 1, no password means no bind.

    Or, by its `kind`, a computer, or a contact: that has no SID, and `account` is then only what a `Group` calls it.
    """

    account: str
    name: str
    password: str = ""
    disabled: bool = False
    protected: bool = False
    kind: Kind = "user"


@dataclass(frozen=True, slots=True)
class Group:
    """A group in `TEAMS`: `members` are sAMAccountNames of accounts or of groups that come earlier.

    `protected` means adminCount 1, `writable` that the bind account may write `member`, `distribution` that it is no
    security group, `hidden` that the bind account may not read `member`.
    """

    account: str
    members: tuple[str, ...] = ()
    protected: bool = False
    writable: bool = True
    scope: Scope = "global"
    object_soa: str = ""
    """`msDS-ObjectSoa`; `Cloud` when Entra is the source of authority. Samba's schema has no such attribute."""
    distribution: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """Everything that is not there in every domain anyway; the bind account is the seed's."""

    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    realm: Realm = LAB

    def document(self) -> dict[str, Any]:
        """As JSON, for the script that fills Samba."""
        return asdict(self)


BIND_ACCOUNT = Account(seed.BIND_ACCOUNT, seed.BIND_ACCOUNT, password=seed.BIND_PASSWORD)

SEED = Population(
    tuple(Account(user.account, user.name, protected=user.protected) for user in seed.USERS if user.in_directory),
    tuple(Group(group.account, group.members, group.protected, group.writable) for group in seed.GROUPS),
)
"""What the sandbox starts with."""
