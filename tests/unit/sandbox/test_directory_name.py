from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ldap3.utils.dn import escape_rdn

from provision.sandbox.directory.name import Name, NameInvalid, escape

values = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20)
printable = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(values)
def test_an_escaped_value_is_read_back(value: str) -> None:
    assert Name.parse(f"CN={escape(value)},DC=lab").rdns == ((("CN", value),), (("DC", "lab"),))


@given(printable)
def test_a_value_as_ldap3_escapes_it_is_read_back(value: str) -> None:
    assume(value != " ")  # ldap3 escapes a lone blank twice, as the first character and as the last one
    assert Name.parse(f"CN={escape_rdn(value)},DC=lab").value == value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("CN=Ada,DC=lab", "cn=ADA,dc=LAB"),
        (r"CN=a\2Cb,DC=lab", r"CN=a\,b,DC=lab"),
        (r"CN=Zo\C3\AB,DC=lab", "CN=Zoë,DC=lab"),
        ("CN=Zoë,DC=lab", "CN=Zoe,DC=lab"),
        ("CN=Ada, DC=lab", "CN=Ada,DC=lab"),
        ("CN = Ada ,DC=lab", "CN=Ada,DC=lab"),
        ("CN=a+SN=b,DC=lab", "SN=B+CN=A,DC=lab"),
    ],
)
def test_two_spellings_are_one_name(left: str, right: str) -> None:
    assert Name.parse(left).key == Name.parse(right).key


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (r"CN=a\,b,DC=lab", "CN=a,CN=b,DC=lab"),
        (r"CN=a\ ,DC=lab", "CN=a,DC=lab"),
        (r"CN=\ a,DC=lab", "CN=a,DC=lab"),
        ("CN=a b,DC=lab", "CN=ab,DC=lab"),
        ("OU=a,DC=lab", "CN=a,DC=lab"),
    ],
)
def test_names_that_only_look_alike_differ(left: str, right: str) -> None:
    assert Name.parse(left).key != Name.parse(right).key


@pytest.mark.parametrize(
    "text", ["garbage", "CN=a,,DC=lab", "=x", "C N=x", "CN=", "CN=a\\", "CN=\\zz", "CN=#0402", 'CN="a"', "CN=\\FF"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(NameInvalid):
        Name.parse(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Johnson, Katherine (Orbit) & Zoë", r"Johnson\, Katherine (Orbit) & Zoë"),
        ("#1", r"\#1"),
        ("a=b", r"a\=b"),
        (" a ", r"\ a\ "),
        ("back\\slash", r"back\\slash"),
        ("line\nbreak", r"line\0Abreak"),
    ],
)
def test_a_value_is_escaped_as_active_directory_does(value: str, written: str) -> None:
    assert escape(value) == written
    assert Name(((("CN", value),),)).text == f"CN={written}"


def test_parent_and_child_are_inverse() -> None:
    name = Name.parse("CN=a,OU=b,DC=lab")
    assert name.parent.child("CN", "a") == name
