from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder

from provision.sandbox.directory import ber
from provision.sandbox.directory.ber import BerError, Element

leaves = st.one_of(
    st.integers(-(2**31), 2**31).map(ber.integer),
    st.integers(0, 200).map(ber.enumerated),
    st.booleans().map(ber.boolean),
    st.binary(max_size=200).map(ber.octets),
    st.binary(max_size=20).map(lambda content: ber.context(3, content)),
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5).map(lambda items: ber.sequence(*items))
        | st.lists(inner, max_size=5).map(lambda items: ber.application(4, *items))
    ),
    max_leaves=20,
)


@given(trees)
def test_what_is_written_is_read_back(tree: Element) -> None:
    assert ber.decode(ber.encode(tree)) == tree


@given(st.binary(max_size=80))
def test_any_bytes_are_an_element_that_can_be_written_or_a_ber_error(data: bytes) -> None:
    try:
        element = ber.decode(data)
    except BerError:
        return
    assert ber.decode(ber.encode(element)) == element


@given(st.one_of(st.integers(-(2**31), 2**31), st.booleans(), st.binary(max_size=300)))
def test_the_bytes_are_those_that_another_implementation_reads(value: int | bytes) -> None:
    make = {bool: ber.boolean, int: ber.integer, bytes: ber.octets}[type(value)]
    read, rest = decoder.decode(ber.encode(ber.sequence(make(value))))  # type: ignore[operator]
    assert (type(value)(read[0]), rest) == (value, b"")


def test_lengths_in_long_form_are_read_as_microsofts_client_writes_them() -> None:
    assert ber.decode(b"\x30\x84\x00\x00\x00\x03\x02\x01\x07") == ber.sequence(ber.integer(7))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x05\x02\x01",
        b"\x30\x00\x00",
        b"\x30\x04\x04\x03ab",
        b"\x09\x03\x80\x00\x01",
        b"\x30\x80\x00\x00",
        b"\x30\x85\x00\x00\x00\x00\x00",
        b"\x24\x03\x04\x01a",
        b"\x01\x00",
        b"\x02\x00",
        b"\x02\x09aaaaaaaaa",
        b"\x1f\x1f\x00",
    ],
    ids=[
        "nothing",
        "no length",
        "cut short",
        "more behind it",
        "reaches beyond its holder",
        "a REAL",
        "indefinite length",
        "length of five bytes",
        "constructed octets",
        "empty boolean",
        "empty integer",
        "integer of nine bytes",
        "tag of two bytes",
    ],
)
def test_what_ldap_does_not_use_is_refused(data: bytes) -> None:
    with pytest.raises(BerError):
        ber.decode(data)


def test_deep_nesting_is_refused_before_it_exhausts_the_stack() -> None:
    element = ber.sequence()
    for _ in range(200):
        element = ber.sequence(element)
    with pytest.raises(BerError, match="deeply"):
        ber.decode(ber.encode(element))


@pytest.mark.parametrize("wanted", ["octets", "text", "integer", "boolean", "items"])
def test_an_element_of_another_form_is_a_ber_error(wanted: str) -> None:
    other = ber.sequence() if wanted != "items" else ber.integer(1)
    with pytest.raises(BerError):
        getattr(other, wanted)


def test_text_that_is_no_utf8_is_a_ber_error() -> None:
    with pytest.raises(BerError, match="UTF-8"):
        _ = ber.octets(b"\xff").text


def test_too_few_elements_are_a_ber_error() -> None:
    with pytest.raises(BerError, match="1 elements, not 2"):
        ber.sequence(ber.integer(1)).take(2)
