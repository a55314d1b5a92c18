from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.utils.dn import escape_rdn

from runbook.distinguished_name import DistinguishedNameInvalid, canonical_dn, fold, is_under

SAME = [
    ("CN=a\\,b,DC=x", "cn=A\\2cB, dc=X"),
    ("CN=eq\\=semi\\;,DC=x", "CN=eq\\3Dsemi\\3B,DC=x"),
    ("CN=Caf\\C3\\A9,DC=x", "CN=CAFÉ,DC=x"),
    ("CN=cafe\u0301,DC=x", "CN=caf\u00e9,DC=x"),
    ("CN=two  blanks,DC=x", "CN= two blanks ,DC=x"),
    ("OU=a+CN=b,DC=x", "CN=b+OU=a,DC=x"),
    ("CN=a;DC=x", "CN=a,DC=x"),
    ("2.5.4.3=a,DC=x", "2.5.4.3=A,DC=x"),
]
DIFFERENT = [
    ("CN=a,DC=x", "CN=a,DC=y"),
    ("CN=a\\,DC=x", "CN=a,DC=x"),
    ("CN=a,OU=b,DC=x", "CN=a,DC=x"),
    ("CN=a\\5c\\,b,DC=x", "CN=a\\,b,DC=x"),
]
BROKEN = ["", "a", "CN=", "CN=a,,DC=x", "CN=a,", "C N=a", "CN=a\\", "CN=#0401", 'CN="a"', "CN=\\ff,DC=x", "=a"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert canonical_dn(one) == canonical_dn(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert canonical_dn(one) != canonical_dn(other)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(DistinguishedNameInvalid):
        canonical_dn(text)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(fold))
def test_every_value_survives_the_escaping_of_another_implementation(value: str) -> None:
    hexadecimal = "".join(f"\\{byte:02x}" for byte in value.encode())

    assert canonical_dn(f"CN={escape_rdn(value)},DC=x") == canonical_dn(f"CN={hexadecimal},DC=x")


def test_canonical_form_is_its_own_canonical_form() -> None:
    once = canonical_dn('CN=a\\,\\"b\\+\\=c\\\\d,DC=x')

    assert canonical_dn(once) == once


@pytest.mark.parametrize(
    ("dn", "base", "expected"),
    [
        ("CN=a,OU=b,DC=lab,DC=example", "dc=LAB, dc=example", True),
        ("DC=lab,DC=example", "DC=lab,DC=example", True),
        ("CN=a,DC=other,DC=example", "DC=lab,DC=example", False),
        ("CN=x\\,DC=lab,DC=example", "DC=lab,DC=example", False),
        ("DC=example", "DC=lab,DC=example", False),
    ],
)
def test_below_a_base_is_told_by_whole_parts(dn: str, base: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_under(dn, base) is expected
