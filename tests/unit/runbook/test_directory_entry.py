from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.directory_entry import (
    group_filters,
    object_classes,
    plain_dn,
    read_group,
    read_person,
    sid_bytes,
    sid_text,
)
from runbook.group_name import parse_group_name
from runbook.outcome import Failed
from tests.unit.runbook.standins import DOMAIN_SID, PERSON_SID

GUID = "1f2e3d4c-0001-4002-8003-abcdefabcdef"
MEMBER_OF = f"<GUID={GUID}>;<SID={DOMAIN_SID}-2000>;CN=a\\,b,DC=lab".encode()


def person_entry(**changes: Any) -> dict[str, list[bytes]]:
    entry = {
        "objectClass": [b"top", b"person", b"User"],
        "objectSid": [sid_bytes(PERSON_SID)],
        "memberOf": [MEMBER_OF],
        "primaryGroupID": [b"513"],
    }
    return {name: value for name, value in {**entry, **changes}.items() if value is not None}


def group_entry(**changes: Any) -> dict[str, list[bytes]]:
    entry = {
        "objectGUID": [uuid.UUID(GUID).bytes_le],
        "objectSid": [sid_bytes(f"{DOMAIN_SID}-2000")],
        "sAMAccountName": ["Café".encode()],
    }
    return {name: value for name, value in {**entry, **changes}.items() if value is not None}


@given(st.integers(0, 2**48 - 1), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15))
def test_a_sid_survives_its_binary_form(authority: int, parts: list[int]) -> None:
    text = "-".join(["S-1", str(authority), *map(str, parts)])

    assert sid_text(sid_bytes(text)) == text


def test_a_known_sid_has_the_documented_bytes() -> None:
    assert sid_bytes("S-1-5-32-544") == bytes.fromhex("01020000000000052000000020020000")


def test_each_form_is_searched_by_its_own_attribute_and_escaped() -> None:
    texts = ["LAB\\a (b)", "CN=a\\,(b),DC=x", GUID, "S-1-5-32-544", "{" + GUID.upper() + "}"]

    (found,) = group_filters(map(parse_group_name, texts), [GUID])

    assert found == (
        "(&(objectClass=group)(|"
        "(distinguishedName=CN=a\\5c,\\28b\\29,DC=x)"
        "(objectGUID=\\4c\\3d\\2e\\1f\\01\\00\\02\\40\\80\\03\\ab\\cd\\ef\\ab\\cd\\ef)"
        "(objectSid=\\01\\02\\00\\00\\00\\00\\00\\05\\20\\00\\00\\00\\20\\02\\00\\00)"
        "(sAMAccountName=a \\28b\\29)))"
    )


def test_many_groups_are_searched_in_pieces_below_the_servers_limit() -> None:
    filters = group_filters([], [str(uuid.UUID(int=number)) for number in range(1201)])

    assert [found.count("objectGUID") for found in filters] == [500, 500, 201]
    assert group_filters([], []) == []


def test_a_person_is_read_whatever_the_case_of_attribute_names() -> None:
    entry = {name.upper(): value for name, value in person_entry(adminCount=[b"1"]).items()}

    person = read_person(entry, PERSON_SID)

    assert person.member_of == {GUID}
    assert person.primary_group == f"{DOMAIN_SID}-513"
    assert person.admin_count


def test_a_person_in_no_group_has_no_attribute() -> None:
    person = read_person(person_entry(memberOf=None, adminCount=[b"0"]), PERSON_SID)

    assert person.member_of == frozenset()
    assert not person.admin_count


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"memberOf": [b"CN=a,DC=lab"]}, "GUIDs of its groups"),
        ({"memberOf": None, "memberOf;range=0-1499": [MEMBER_OF]}, "more groups than AD shows"),
        ({"memberOf": [], "MemberOf;Range=0-1499": [MEMBER_OF]}, "more groups than AD shows"),
        ({"objectSid": [sid_bytes(f"{DOMAIN_SID}-9")]}, "another SID"),
        ({"objectSid": None}, "objectsid is not readable"),
        ({"primaryGroupID": None}, "primarygroupid is not readable"),
    ],
)
def test_a_person_that_is_not_whole_is_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Failed, match=message):
        read_person(person_entry(**changes), PERSON_SID)


def test_a_group_is_read() -> None:
    group = read_group("CN=Café,DC=x", group_entry(**{"adminCount": [b"1"], "msDS-ObjectSoa": [b"cloud"]}))

    assert (group.guid, group.sid, group.account) == (GUID, f"{DOMAIN_SID}-2000", "Café")
    assert group.admin_count
    assert group.cloud_owned
    assert not read_group("CN=a", group_entry(**{"msDS-ObjectSoa": [b"AD"]})).cloud_owned


@pytest.mark.parametrize("attribute", ["objectGUID", "objectSid", "sAMAccountName"])
def test_a_group_that_may_not_be_read_is_an_error(attribute: str) -> None:
    with pytest.raises(Failed, match="right to read it"):
        read_group("CN=a", group_entry(**{attribute: None}))


def test_names_and_classes_are_taken_from_answers() -> None:
    assert plain_dn(MEMBER_OF.decode()) == "CN=a\\,b,DC=lab"
    assert plain_dn(f"<GUID={GUID}>;CN=a") == "CN=a"
    assert plain_dn("CN=a") == "CN=a"
    assert object_classes(person_entry()) == {"top", "person", "user"}
