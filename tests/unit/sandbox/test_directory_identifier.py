from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.protocol.formatters.formatters import format_sid, format_uuid_le

from provision.sandbox.directory.identifier import guid_bytes, guid_of, sid_bytes, sid_text

sids = st.tuples(st.integers(0, 2**48 - 1), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15)).map(
    lambda parts: "-".join(["S-1", str(parts[0]), *map(str, parts[1])])
)


@given(sids)
def test_a_sid_survives_the_way_through_its_bytes(sid: str) -> None:
    assert sid_text(sid_bytes(sid)) == sid


@given(sids.filter(lambda sid: int(sid.split("-")[2]) < 2**32))
def test_the_bytes_of_a_sid_are_those_that_ldap3_reads(sid: str) -> None:
    assert format_sid(sid_bytes(sid)) == sid  # type: ignore[no-untyped-call]


def test_a_sid_has_the_bytes_that_the_specification_shows() -> None:
    assert sid_bytes("S-1-5-32-544").hex() == "01020000000000052000000020020000"


@pytest.mark.parametrize("text", ["", "S-1", "S-2-5", "S-1-5-x", "S-1-5-4294967296", "S-1-5-", "S-1-281474976710656-1"])
def test_what_is_no_sid_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="SID"):
        sid_bytes(text)


@pytest.mark.parametrize("data", [b"", b"\x01\x01", b"\x02" + bytes(11), b"\x01\x02" + bytes(10)])
def test_bytes_that_are_no_sid_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="SID"):
        sid_text(data)


@given(st.uuids())
def test_a_guid_is_read_in_both_spellings(guid: UUID) -> None:
    assert guid_of(str(guid)) == guid_of(guid_bytes(guid).hex()) == guid
    assert format_uuid_le(guid_bytes(guid)) == f"{{{guid}}}"  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("text", ["", "hello", "123", "0" * 31, f"{'0' * 32}-"])
def test_what_is_no_guid_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="GUID"):
        guid_of(text)
