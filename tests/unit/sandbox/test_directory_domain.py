from __future__ import annotations

import pytest

from provision.sandbox import seed
from provision.sandbox.directory.domain import populated
from provision.sandbox.directory.population import SEED, Account, Group, Population, Realm
from provision.sandbox.directory.store import Entry

STORE = populated(SEED).store


def principal(account: str) -> Entry:
    entry = STORE.by_account(account)
    assert entry is not None, account
    return entry


def test_the_seed_is_there_with_its_names_and_memberships() -> None:
    katherine = principal("katherine.johnson")
    assert katherine.text("cn") == "Johnson, Katherine (Orbit) & Zoë"
    assert katherine.text("distinguishedName").startswith(r"CN=Johnson\, Katherine (Orbit) & Zoë,OU=People,")
    assert [group.text("sAMAccountName") for group in STORE.groups(katherine)] == ["Staff_All"]


def test_people_without_an_account_in_the_directory_are_not_there() -> None:
    absent = [user.account for user in seed.USERS if not user.in_directory]
    assert absent
    assert [STORE.by_account(account) for account in absent] == [None] * len(absent)


def test_the_same_population_has_the_same_identifiers_each_time() -> None:
    again = populated(SEED).store
    assert [(entry.guid, entry.sid) for entry in again] == [(entry.guid, entry.sid) for entry in STORE]


@pytest.mark.parametrize(
    ("account", "sid", "group_type"),
    [
        ("Domain Admins", f"{seed.DOMAIN_SID}-512", -0x7FFFFFFE),
        ("Enterprise Admins", f"{seed.DOMAIN_SID}-519", -0x7FFFFFF8),
        ("Administrators", "S-1-5-32-544", -0x7FFFFFFB),
        ("Domain Users", f"{seed.DOMAIN_SID}-513", -0x7FFFFFFE),
    ],
)
def test_built_in_groups_have_their_well_known_sids_and_types(account: str, sid: str, group_type: int) -> None:
    assert (principal(account).sid, principal(account).number("groupType")) == (sid, group_type)


@pytest.mark.parametrize(
    ("account", "count"),
    [
        ("Domain Admins", 1),
        ("Administrators", 1),
        ("dora.admin", 1),
        ("Payroll_Admins", 1),
        ("krbtgt", 1),
        ("Domain Users", 0),
        ("ada.lovelace", 0),
        ("Finance_Readers", 0),
    ],
)
def test_what_active_directory_protects_has_an_admin_count(account: str, count: int) -> None:
    assert principal(account).number("adminCount") == count


def test_a_protected_person_is_in_domain_admins() -> None:
    assert principal("Domain Admins") in STORE.groups(principal("dora.admin"))


def test_the_bind_account_may_write_the_writable_groups_and_nothing_else() -> None:
    service = principal(seed.BIND_ACCOUNT)
    allowed = {entry.text("sAMAccountName") for entry in STORE if STORE.may_write(service, entry)}
    assert allowed == {group.account for group in seed.GROUPS if group.writable}


def test_nobody_is_a_listed_member_of_the_primary_group() -> None:
    assert STORE.members(principal("Domain Users")) == ()
    assert principal("ada.lovelace").number("primaryGroupID") == 513


def test_a_cloud_owned_group_says_so() -> None:
    store = populated(Population((), (Group("Cloudy", object_soa="Cloud"),))).store
    group = store.by_account("Cloudy")
    assert group is not None
    assert group.text("msDS-ObjectSoa") == "Cloud"


def test_computers_have_a_sid_and_contacts_have_none() -> None:
    accounts = (Account("pc1$", "PC1", kind="computer"), Account("partner", "Partner", kind="contact"))
    store = populated(Population(accounts, (Group("Mixed", ("pc1$", "partner")),))).store
    group = store.by_account("Mixed")
    assert group is not None
    computer, contact = (found for found in map(store.by_guid, store.members(group)) if found)
    assert (computer.sid, computer.is_a("user"), computer.is_a("computer")) == (f"{seed.DOMAIN_SID}-1104", True, True)
    assert (computer.number("userAccountControl"), computer.number("primaryGroupID")) == (0x1000, 515)
    assert (contact.sid, contact.is_a("contact"), contact.text("sAMAccountName")) == ("", True, "")


def test_a_distribution_group_has_no_security_bit() -> None:
    group = populated(Population((), (Group("List", scope="universal", distribution=True),))).store.by_account("List")
    assert group is not None
    assert group.number("groupType") == 8


def test_another_realm_has_its_own_names_and_sids() -> None:
    realm = Realm("CORP", "corp.example", "S-1-5-21-4-5-6")
    store = populated(Population((Account("ada", "Ada"),), (Group("Team", ("ada",)),), realm)).store
    ada, head = store.by_account("ada"), store.by_sid(realm.sid)
    assert ada is not None
    assert head is not None
    assert (ada.name.text, ada.sid) == ("CN=Ada,OU=People,DC=corp,DC=example", "S-1-5-21-4-5-6-1104")
    assert (head.name.text, realm.root) == ("DC=corp,DC=example", "DC=corp,DC=example")
    assert ada.text("userPrincipalName") == "ada@corp.example"
    mine = populated(Population((Account("ada", "Ada"),), ())).store.by_account("ada")
    assert mine is not None
    assert mine.guid != ada.guid


def test_a_disabled_account_has_the_flag() -> None:
    store = populated(Population((Account("off", "Off", disabled=True),), ())).store
    account = store.by_account("off")
    assert account is not None
    assert account.number("userAccountControl") == 514


@pytest.mark.parametrize(
    "population",
    [
        Population((), (Group("G", ("nobody",)),)),
        Population((Account("a", "Same"), Account("b", "same")), ()),
    ],
    ids=["a member that is not there", "two accounts with one name"],
)
def test_a_population_that_cannot_be_is_refused(population: Population) -> None:
    with pytest.raises(ValueError, match=r"nobody|already"):
        populated(population)
