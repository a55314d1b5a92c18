"""Who is in a directory when it starts: the seed's people and groups, or those of a test.

Pure data and where it lies in the tree; both directories are filled from it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from provision.sandbox import seed

Scope = Literal["global", "domain_local", "universal"]

PEOPLE = f"OU=People,{seed.BASE}"
TEAMS = f"OU=Groups,{seed.BASE}"
SERVICE_ACCOUNTS = f"OU=Service Accounts,{seed.BASE}"


@dataclass(frozen=True, slots=True)
class Account:
    """A user: `name` is its CN, `protected` puts it into Domain Admins with adminCount 1, no password means no bind."""

    account: str
    name: str
    password: str = ""
    disabled: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A group in `TEAMS`: `members` are sAMAccountNames of accounts or of groups that come earlier.

    `protected` means adminCount 1, `writable` that the bind account may write `member`.
    """

    account: str
    members: tuple[str, ...] = ()
    protected: bool = False
    writable: bool = True
    scope: Scope = "global"
    object_soa: str = ""
    """`msDS-ObjectSoa`; `Cloud` when Entra is the source of authority. Samba's schema has no such attribute."""


@dataclass(frozen=True, slots=True)
class Population:
    """Everything that is not there in every domain anyway; the bind account is the seed's."""

    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]

    def document(self) -> dict[str, Any]:
        """As JSON, for the script that fills Samba."""
        return asdict(self)


BIND_ACCOUNT = Account(seed.BIND_ACCOUNT, seed.BIND_ACCOUNT, password=seed.BIND_PASSWORD)

SEED = Population(
    tuple(Account(user.account, user.name, protected=user.protected) for user in seed.USERS if user.in_directory),
    tuple(Group(group.account, group.members, group.protected, group.writable) for group in seed.GROUPS),
)
"""What the sandbox starts with."""
