from __future__ import annotations

from uuid import uuid4

import pytest

from provision.sandbox.directory.name import Name
from provision.sandbox.directory.schema import ATTRIBUTES
from provision.sandbox.directory.store import Entry, Store

MEMBER, MEMBER_OF = ATTRIBUTES["member"], ATTRIBUTES["memberof"]


def entry(name: str, sid: str = "") -> Entry:
    return Entry.new(uuid4(), Name.parse(name), sid, {"objectclass": (b"top",), "samaccountname": (name[3:].encode(),)})


def test_an_entry_is_found_by_each_of_its_identifiers() -> None:
    store = Store()
    ada = store.add(entry("CN=Ada", "S-1-5-21-7"))
    assert store.by_name(Name.parse("cn=ADA")) is ada
    assert store.by_sid("s-1-5-21-7") is ada
    assert store.by_guid(ada.guid) is ada
    assert store.by_account("ADA") is ada


@pytest.mark.parametrize("second", [("CN=ada", ""), ("CN=Other", "S-1-5-21-7")])
def test_a_name_or_sid_belongs_to_one_entry(second: tuple[str, str]) -> None:
    store = Store()
    store.add(entry("CN=Ada", "S-1-5-21-7"))
    with pytest.raises(ValueError, match="already"):
        store.add(entry(*second))


def test_both_directions_of_a_membership_agree_after_every_change() -> None:
    store = Store()
    group, ada, bob = (store.add(entry(f"CN={name}")) for name in ("Group", "Ada", "Bob"))
    store.set_members(group, [ada.guid])
    store.set_members(group, [bob.guid])
    assert store.values(group, MEMBER) == (b"CN=Bob",)
    assert (store.groups(ada), store.groups(bob)) == ((), (group,))
    assert store.values(bob, MEMBER_OF) == (b"CN=Group",)


def test_a_circle_of_groups_ends() -> None:
    store = Store()
    one, two = (store.add(entry(f"CN={name}")) for name in ("One", "Two"))
    store.set_members(one, [two.guid])
    store.set_members(two, [one.guid])
    assert store.closure(one, MEMBER) == {one.guid, two.guid}


def test_who_may_write_is_told_for_each_group() -> None:
    store = Store()
    service, group, other = (store.add(entry(f"CN={name}")) for name in ("Service", "Group", "Other"))
    store.allow(service, group)
    assert [store.may_write(service, target) for target in (group, other)] == [True, False]
