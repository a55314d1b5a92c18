"""A domain as it is on the first day, with a population in it: the built-in containers and groups, then ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import NAMESPACE_DNS, UUID, uuid5

from provision.sandbox import seed
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.population import (
    BIND_ACCOUNT,
    Account,
    Group,
    Population,
    Realm,
    Scope,
)
from provision.sandbox.directory.schema import category
from provision.sandbox.directory.store import Entry, Store

CREATED = "20250102030405.0Z"
FIRST_FREE_RID = 1103
NORMAL_ACCOUNT, WORKSTATION, DISABLED = 0x200, 0x1000, 0x2
SECURITY = -0x80000000
SCOPE_BITS: dict[Scope, int] = {"global": 2, "domain_local": 4, "universal": 8}
GLOBAL, LOCAL, UNIVERSAL, BUILT_IN = SECURITY + 2, SECURITY + 4, SECURITY + 8, SECURITY + 5

_NAMESPACE = uuid5(NAMESPACE_DNS, seed.DNS_DOMAIN)
_CLASSES = {
    "user": ("top", "person", "organizationalPerson", "user"),
    "computer": ("top", "person", "organizationalPerson", "user", "computer"),
    "contact": ("top", "person", "organizationalPerson", "contact"),
    "domainDNS": ("top", "domain", "domainDNS"),
}
_CONTAINERS = ("Users", "Builtin", "Computers", "ForeignSecurityPrincipals")
_PRIVILEGED = (
    (512, "Domain Admins", GLOBAL),
    (516, "Domain Controllers", GLOBAL),
    (518, "Schema Admins", UNIVERSAL),
    (519, "Enterprise Admins", UNIVERSAL),
    (521, "Read-only Domain Controllers", GLOBAL),
)
_ORDINARY = (
    (513, "Domain Users", GLOBAL),
    (514, "Domain Guests", GLOBAL),
    (515, "Domain Computers", GLOBAL),
    (517, "Cert Publishers", LOCAL),
    (520, "Group Policy Creator Owners", GLOBAL),
    (525, "Protected Users", GLOBAL),
)
_PRIVILEGED_ALIASES = (
    (544, "Administrators"),
    (548, "Account Operators"),
    (549, "Server Operators"),
    (550, "Print Operators"),
    (551, "Backup Operators"),
    (552, "Replicator"),
)
_ORDINARY_ALIASES = ((545, "Users"), (546, "Guests"), (555, "Remote Desktop Users"))


@dataclass(slots=True)
class Domain:
    """A populated store and the passwords of those who can bind, by the GUID of their entry.

    `clock_skew` is how far the server's clock is ahead of this machine's.
    """

    store: Store
    passwords: dict[UUID, str]
    clock_skew: timedelta = timedelta()


def populated(population: Population) -> Domain:
    """A new domain with this population; the same one gives the same SIDs and GUIDs.

    Raises:
        ValueError: two objects with one name, or a member that is not there.
    """
    return _Builder(Store(population.realm), {}, population.realm).build(population)


def make_object(name: Name, object_class: str, sid: str = "", **values: str | int) -> Entry:
    """An object with the attributes that every object has, and `values`; it is in no store yet."""
    attributes: dict[str, tuple[bytes, ...]] = {
        key.lower(): (str(value).encode(),) for key, value in values.items() if value != ""
    }
    attributes["objectclass"] = tuple(item.encode() for item in _CLASSES.get(object_class, ("top", object_class)))
    attributes["objectcategory"] = (category(object_class).encode(),)
    attributes["name"] = attributes[name.rdns[0][0][0].lower()] = (name.value.encode(),)
    attributes["whencreated"] = attributes["whenchanged"] = (CREATED.encode(),)
    attributes["instancetype"] = (b"4",)
    return Entry.new(uuid5(_NAMESPACE, f"{name.text} {sid}"), name, sid, attributes)


@dataclass(slots=True)
class _Builder:
    store: Store
    passwords: dict[UUID, str]
    realm: Realm
    rid: int = FIRST_FREE_RID
    contacts: dict[str, Entry] = field(default_factory=dict)

    def build(self, population: Population) -> Domain:
        self._tree()
        self._built_in()
        service = self._account(BIND_ACCOUNT, self.realm.service_accounts)
        for account in population.accounts:
            self._account(account, self.realm.people)
        for group in population.groups:
            self._group(group, service)
        return Domain(self.store, self.passwords)

    def _tree(self) -> None:
        base = Name.parse(self.realm.base)
        self._add(base, "domainDNS", self.realm.sid)
        for container in _CONTAINERS:
            self._add(base.child("CN", container), "container")
        for unit in (
            f"OU=Domain Controllers,{base.text}",
            self.realm.people,
            self.realm.teams,
            self.realm.service_accounts,
        ):
            self._add(Name.parse(unit), "organizationalUnit")

    def _built_in(self) -> None:
        users, aliases = f"CN=Users,{self.realm.base}", f"CN=Builtin,{self.realm.base}"
        for privileged, groups in ((True, _PRIVILEGED), (False, _ORDINARY)):
            for rid, name, kind in groups:
                self._new_group(name, users, f"{self.realm.sid}-{rid}", kind, protected=privileged)
        for privileged, names in ((True, _PRIVILEGED_ALIASES), (False, _ORDINARY_ALIASES)):
            for rid, name in names:
                self._new_group(name, aliases, f"S-1-5-32-{rid}", BUILT_IN, protected=privileged)
        self._new_user(Account("Administrator", "Administrator", protected=True), users, 500)
        self._new_user(Account("Guest", "Guest", disabled=True), users, 501)
        krbtgt = self._new_user(Account("krbtgt", "krbtgt", disabled=True), users, 502, adminCount=1)
        self._join(krbtgt, "Domain Controllers")
        for group in ("Domain Admins", "Enterprise Admins"):
            self._join(self._principal(group), "Administrators")

    def _account(self, account: Account, where: str) -> Entry:
        if account.kind == "contact":
            entry = self._add(Name.parse(where).child("CN", account.name), "contact", displayName=account.name)
            self.contacts[account.account] = entry
            return entry
        entry = self._new_user(account, where, self._next_rid())
        if account.password:
            self.passwords[entry.guid] = account.password
        return entry

    def _group(self, group: Group, service: Entry) -> None:
        sid = f"{self.realm.sid}-{self._next_rid()}"
        kind = SCOPE_BITS[group.scope] + (0 if group.distribution else SECURITY)
        more = {"msDS-ObjectSoa": group.object_soa}
        entry = self._new_group(group.account, self.realm.teams, sid, kind, protected=group.protected, **more)
        self.store.set_members(entry, [self._principal(member).guid for member in group.members])
        if group.writable:
            self.store.allow(service, entry)
        if group.hidden:
            self.store.conceal(entry)

    def _new_user(self, account: Account, where: str, rid: int, **more: int) -> Entry:
        computer = account.kind == "computer"
        flags = (WORKSTATION if computer else NORMAL_ACCOUNT) | (DISABLED if account.disabled else 0)
        name = Name.parse(where).child("CN", account.name)
        more |= {"userAccountControl": flags}
        texts = {
            "sAMAccountName": account.account,
            "displayName": account.name,
            "userPrincipalName": f"{account.account}@{self.realm.dns}",
        }
        more |= {"sAMAccountType": 805306369 if computer else 805306368, "primaryGroupID": 515 if computer else 513}
        more |= {"adminCount": 1} if account.protected else {}
        entry = self._add(name, account.kind, f"{self.realm.sid}-{rid}", **texts, **more)
        if account.protected:
            self._join(entry, "Domain Admins")
        return entry

    def _new_group(self, account: str, where: str, sid: str, kind: int, *, protected: bool, **more: str) -> Entry:
        name = Name.parse(where).child("CN", account)
        alias = kind & SCOPE_BITS["domain_local"]
        numbers = {"groupType": kind, "sAMAccountType": 536870912 if alias else 268435456}
        if protected:
            numbers["adminCount"] = 1
        return self._add(name, "group", sid, sAMAccountName=account, **numbers, **more)

    def _add(self, name: Name, object_class: str, sid: str = "", **values: str | int) -> Entry:
        return self.store.add(make_object(name, object_class, sid, **values))

    def _join(self, entry: Entry, group: str) -> None:
        target = self._principal(group)
        self.store.set_members(target, [*self.store.members(target), entry.guid])

    def _principal(self, account: str) -> Entry:
        entry = self.contacts.get(account) or self.store.by_account(account)
        if entry is None:
            raise ValueError(f"the population has no '{account}' to be a member")
        return entry

    def _next_rid(self) -> int:
        self.rid += 1
        return self.rid - 1
