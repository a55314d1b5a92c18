from __future__ import annotations

import pytest

from provision.sandbox import seed
from provision.sandbox.directory.domain import Domain, populated
from provision.sandbox.directory.modify import modify
from provision.sandbox.directory.population import Account, Group, Population, Realm
from provision.sandbox.directory.refusal import Refused
from provision.sandbox.directory.request import Action, Change, Modify
from provision.sandbox.directory.store import Entry

GROUP = f"CN=Team,OU=Groups,{seed.BASE}"
ADA, BOB, EVE = (f"CN={name},OU=People,{seed.BASE}" for name in ("Ada", "Bob", "Eve"))
NOBODY = f"CN=Nobody,OU=People,{seed.BASE}"
UNKNOWN_SID = f"<SID={seed.DOMAIN_SID}-99999>"
FOREIGN_SID = "<SID=S-1-5-21-9-9-9-1234>"

Step = tuple[Action, tuple[str, ...]]


@pytest.fixture
def domain() -> Domain:
    """`Team` has Ada."""
    return populated(
        Population(
            (Account("ada", "Ada"), Account("bob", "Bob"), Account("eve", "Eve")),
            (
                Group("Team", ("ada",)),
                Group("Local", scope="domain_local"),
                Group("Wide", scope="universal"),
                Group("Locked", writable=False),
            ),
        )
    )


def change(domain: Domain, *steps: Step, group: str = GROUP, permissive: bool = False) -> None:
    changes = tuple(Change(action, "member", tuple(map(str.encode, values))) for action, values in steps)
    modify(domain.store, service(domain), Modify(group, changes), permissive=permissive)


def service(domain: Domain) -> Entry:
    account = domain.store.by_account(seed.BIND_ACCOUNT)
    assert account is not None
    return account


def members(domain: Domain, group: str = "Team") -> list[str]:
    entry = domain.store.by_account(group)
    assert entry is not None
    return [found.text("cn") for found in map(domain.store.by_guid, domain.store.members(entry)) if found]


def by_sid(domain: Domain, account: str) -> str:
    entry = domain.store.by_account(account)
    assert entry is not None
    return f"<SID={entry.sid}>"


def test_members_are_added_and_removed_by_each_kind_of_reference(domain: Domain) -> None:
    eve = domain.store.by_account("eve")
    assert eve is not None
    change(domain, ("add", (by_sid(domain, "bob"), f"<GUID={eve.guid}>")), ("delete", (ADA.upper(),)))
    assert members(domain) == ["Bob", "Eve"]
    change(domain, ("delete", (f"<GUID={eve.guid.bytes_le.hex()}>",)))
    assert members(domain) == ["Bob"]


@pytest.mark.parametrize(
    ("steps", "code", "win32"),
    [
        ([("add", (ADA,))], 68, "00000562"),
        ([("add", (BOB, ADA))], 68, "00000562"),
        ([("delete", (BOB,))], 53, "00000561"),
        ([("delete", (ADA, BOB))], 53, "00000561"),
        ([("delete", (NOBODY,))], 53, "00002035"),
        ([("delete", (FOREIGN_SID,))], 53, "00000561"),
        ([("add", (NOBODY,))], 32, "00000525"),
        ([("add", ("CN=x,DC=other",))], 32, "00000525"),
        ([("add", ("<GUID=6d2ed34e-5562-5ddc-b639-783187ed43cb>",))], 32, "00000525"),
        ([("add", (UNKNOWN_SID,))], 53, "00002141"),
        ([("delete", (UNKNOWN_SID,))], 53, "00002141"),
        ([("add", (FOREIGN_SID,))], 53, "00002147"),
        ([("add", ("garbage",))], 34, "0000208F"),
        ([("add", ("<SID=garbage>",))], 34, "0000208F"),
        ([("add", (BOB, BOB))], 20, "00002083"),
        ([("add", (BOB, BOB.lower()))], 20, "00002083"),
        ([("replace", (BOB, BOB))], 20, "00002083"),
        ([("add", (BOB,)), ("delete", (EVE,))], 53, "00000561"),
        ([("delete", ()), ("delete", ())], 16, "00002085"),
    ],
)
def test_a_refused_change_changes_nothing(domain: Domain, steps: list[Step], code: int, win32: str) -> None:
    with pytest.raises(Refused) as refused:
        change(domain, *steps)
    assert (refused.value.result.code, refused.value.result.text[:8]) == (code, win32)
    assert members(domain) == ["Ada"]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([("add", (ADA, BOB))], ["Ada", "Bob"]),
        ([("delete", (ADA, BOB))], []),
        ([("delete", ()), ("delete", ())], []),
    ],
)
def test_the_permissive_control_passes_over_what_is_so_already(
    domain: Domain, steps: list[Step], left: list[str]
) -> None:
    change(domain, *steps, permissive=True)
    assert members(domain) == left


def test_the_permissive_control_does_not_pass_over_anything_else(domain: Domain) -> None:
    with pytest.raises(Refused) as refused:
        change(domain, ("add", (NOBODY,)), permissive=True)
    assert refused.value.result.code == 32


def test_a_value_that_is_no_utf8_is_no_name(domain: Domain) -> None:
    with pytest.raises(Refused) as refused:
        modify(domain.store, service(domain), Modify(GROUP, (Change("add", "member", (b"\xff",)),)), permissive=False)
    assert refused.value.result.code == 34


def test_replace_sets_the_whole_list_and_an_empty_one_empties_the_group(domain: Domain) -> None:
    change(domain, ("replace", (BOB, EVE)))
    assert members(domain) == ["Bob", "Eve"]
    change(domain, ("replace", ()))
    assert members(domain) == []


def test_a_foreign_sid_gets_a_placeholder_in_a_domain_local_group(domain: Domain) -> None:
    local = GROUP.replace("Team", "Local")
    change(domain, ("add", (FOREIGN_SID,)), group=local)
    assert members(domain, "Local") == ["S-1-5-21-9-9-9-1234"]
    change(domain, ("delete", (FOREIGN_SID,)), group=local)
    assert members(domain, "Local") == []


def test_a_refused_change_leaves_no_placeholder_behind(domain: Domain) -> None:
    with pytest.raises(Refused):
        change(domain, ("add", (FOREIGN_SID,)), ("delete", (ADA,)), group=GROUP.replace("Team", "Local"))
    assert domain.store.by_sid("S-1-5-21-9-9-9-1234") is None


@pytest.mark.parametrize(
    ("group", "member", "win32"),
    [("Team", "Local", "00002144"), ("Team", "Wide", "00002145"), ("Wide", "Local", "00002146")],
)
def test_a_group_holds_no_group_of_wider_scope(domain: Domain, group: str, member: str, win32: str) -> None:
    with pytest.raises(Refused) as refused:
        change(domain, ("add", (GROUP.replace("Team", member),)), group=GROUP.replace("Team", group))
    assert (refused.value.result.code, refused.value.result.text[:8]) == (53, win32)


@pytest.mark.parametrize(
    "name", [GROUP.replace("Team", "Locked"), f"CN=Domain Admins,CN=Users,{seed.BASE}", f"OU=Groups,{seed.BASE}", ADA]
)
def test_without_the_right_nothing_is_written(domain: Domain, name: str) -> None:
    with pytest.raises(Refused) as refused:
        change(domain, ("add", (BOB,)), group=name)
    assert (refused.value.result.code, refused.value.result.text[:8]) == (50, "00002098")


def test_an_unknown_member_is_told_even_to_those_without_the_right(domain: Domain) -> None:
    with pytest.raises(Refused) as refused:
        change(domain, ("add", (NOBODY,)), group=GROUP.replace("Team", "Locked"))
    assert refused.value.result.code == 32


@pytest.mark.parametrize(("attribute", "code"), [("description", 50), ("memberOf", 50), ("nosuch", 16)])
def test_no_other_attribute_can_be_written(domain: Domain, attribute: str, code: int) -> None:
    request = Modify(GROUP, (Change("add", "member", (BOB.encode(),)), Change("replace", attribute, (b"x",))))
    with pytest.raises(Refused) as refused:
        modify(domain.store, service(domain), request, permissive=False)
    assert refused.value.result.code == code
    assert members(domain) == ["Ada"]


@pytest.mark.parametrize(("action", "code"), [("add", 68), ("delete", 53)])
def test_the_primary_group_of_a_user_takes_and_gives_nobody(domain: Domain, action: Action, code: int) -> None:
    users = domain.store.by_account("Domain Users")
    assert users is not None
    domain.store.allow(service(domain), users)
    with pytest.raises(Refused) as refused:
        change(domain, (action, (ADA,)), group=f"CN=Domain Users,CN=Users,{seed.BASE}")
    assert refused.value.result.code == code


@pytest.mark.parametrize(
    ("name", "code", "matched"),
    [
        (GROUP.replace("Team", "Nix"), 32, f"OU=Groups,{seed.BASE}"),
        (UNKNOWN_SID, 32, ""),
        ("garbage", 34, ""),
        ("CN=x,DC=other,DC=example", 10, ""),
    ],
)
def test_a_group_that_is_not_there_is_told_apart(domain: Domain, name: str, code: int, matched: str) -> None:
    with pytest.raises(Refused) as refused:
        change(domain, ("add", (BOB,)), group=name)
    assert (refused.value.result.code, refused.value.result.matched) == (code, matched)


@pytest.fixture
def neighbour(domain: Domain) -> Domain:
    """Another domain of the same forest, which the first knows; `Zoe` is there."""
    realm = Realm("CHILD", f"child.{seed.DNS_DOMAIN}", "S-1-5-21-4-5-6", forest=seed.BASE)
    other = populated(Population((Account("zoe", "Zoe"),), (), realm))
    domain.store.neighbours = (other.store,)
    return other


ZOE = f"CN=Zoe,OU=People,DC=child,{seed.BASE}"


@pytest.mark.parametrize("group", ["Wide", "Local"])
def test_somebody_of_the_forest_comes_and_goes_by_name(domain: Domain, neighbour: Domain, group: str) -> None:
    name = f"CN={group},OU=Groups,{seed.BASE}"
    change(domain, ("add", (ZOE,)), group=name)
    assert members(domain, group) == ["Zoe"]
    with pytest.raises(Refused) as refused:
        change(domain, ("add", (by_sid(neighbour, "zoe"),)), group=name)
    assert refused.value.result.code == 53
    change(domain, ("delete", (ZOE,)), group=name)
    assert members(domain, group) == []


@pytest.mark.usefixtures("neighbour")
def test_a_global_group_takes_nobody_of_the_forest(domain: Domain) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            change(domain, ("add", (ZOE,)))
        assert refused.value.result.text.startswith("00002147")
        change(domain, ("add", (ZOE,)), group=f"CN=Wide,OU=Groups,{seed.BASE}", permissive=True)


def test_one_of_another_forest_stays_out_of_other_groups_also_when_it_is_known(domain: Domain) -> None:
    change(domain, ("add", (FOREIGN_SID,)), group=f"CN=Local,OU=Groups,{seed.BASE}")
    for group in ("Team", "Wide"):
        with pytest.raises(Refused) as refused:
            change(domain, ("add", (FOREIGN_SID,)), group=f"CN={group},OU=Groups,{seed.BASE}")
        assert refused.value.result.text.startswith("00002147")
