from __future__ import annotations

import pytest

from provision.sandbox import seed
from provision.sandbox.directory.domain import populated
from provision.sandbox.directory.filter import And, Clause, Filter, Not, Or
from provision.sandbox.directory.identifier import sid_bytes
from provision.sandbox.directory.matching import matches
from provision.sandbox.directory.population import Account, Group, Population

STORE = populated(
    Population(
        (Account("ada", "Ada Lovelace"), Account("zoe", "Zoë, (Z)")),
        (Group("Inner", ("ada",)), Group("Outer", ("Inner",)), Group("Secret", ("ada",), hidden=True)),
    )
).store
ADA = STORE.by_account("ada")
INNER = f"CN=Inner,OU=Groups,{seed.BASE}"
OUTER = f"CN=Outer,OU=Groups,{seed.BASE}"
TRUE, FALSE, UNDEFINED = Clause("cn", "present"), Clause("member", "present"), Clause("nosuch", "equal", b"x")


def answer(condition: Filter) -> bool | None:
    assert ADA is not None
    return matches(condition, ADA, STORE)


def equal(attribute: str, value: str | bytes) -> Clause:
    return Clause(attribute, "equal", value.encode() if isinstance(value, str) else value)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (TRUE, True),
        (FALSE, False),
        (UNDEFINED, None),
        (Not(TRUE), False),
        (Not(FALSE), True),
        (Not(UNDEFINED), None),
        (And(()), True),
        (Or(()), False),
        (And((TRUE, UNDEFINED)), None),
        (And((FALSE, UNDEFINED)), False),
        (Or((TRUE, UNDEFINED)), True),
        (Or((FALSE, UNDEFINED)), None),
    ],
)
def test_logic_has_three_values(*, condition: Filter, expected: bool | None) -> None:
    assert answer(condition) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (equal("sAMAccountName", "ADA"), True),
        (equal("SAMACCOUNTNAME", "ada"), True),
        (equal("sAMAccountName", "ad"), False),
        (equal("objectClass", "User"), True),
        (equal("objectClass", "group"), False),
        (equal("objectCategory", "person"), True),
        (equal("objectCategory", "user"), True),
        (equal("objectCategory", f"CN=Person,CN=Schema,CN=Configuration,{seed.BASE}"), True),
        (equal("objectCategory", "group"), False),
        (equal("distinguishedName", f"cn=ADA lovelace,ou=people,{seed.BASE}"), True),
        (equal("distinguishedName", "no name"), None),
        (equal("memberOf", INNER), True),
        (equal("memberOf", OUTER), False),
        (equal("memberOf", f"CN=Nobody,{seed.BASE}"), False),
        (equal("memberOf", "<SID=S-1-5-32-544>"), None),
        (Clause("memberOf", "chain", OUTER.encode()), True),
        (Clause("memberOf", "at_least", INNER.encode()), None),
        (equal("userAccountControl", "512"), True),
        (equal("userAccountControl", "many"), None),
        (Clause("userAccountControl", "all_bits", b"512"), True),
        (Clause("userAccountControl", "all_bits", b"514"), False),
        (Clause("userAccountControl", "any_bit", b"514"), True),
        (Clause("userAccountControl", "at_least", b"512"), True),
        (Clause("userAccountControl", "at_most", b"511"), False),
        (Clause("userAccountControl", "substring", pieces=(b"5", b"")), None),
        (Clause("cn", "all_bits", b"2"), None),
        (Clause("cn", "at_least", b"ada"), True),
        (Clause("cn", "at_most", b"ada"), False),
        (Clause("cn", "substring", pieces=(b"ADA", b"love", b"ACE")), True),
        (Clause("cn", "substring", pieces=(b"ada lovelace", b"lace")), False),
        (Clause("cn", "substring", pieces=(b"", b"lace", b"love", b"")), False),
        (Clause("cn", "substring", pieces=(b"\xff", b"")), None),
        (Clause("distinguishedName", "substring", pieces=(b"", b"Ada", b"")), None),
        (Clause("cn", "unknown", b"Ada"), None),
        (equal("objectSid", "S-1-5-32-544"), False),
        (equal("objectSid", "garbage"), None),
        (equal("objectGUID", "garbage"), None),
    ],
)
def test_a_clause_is_evaluated_by_the_syntax_of_its_attribute(*, condition: Clause, expected: bool | None) -> None:
    assert answer(condition) is expected


def test_sid_and_guid_are_found_as_text_and_as_bytes() -> None:
    assert ADA is not None
    sids = (ADA.sid, sid_bytes(ADA.sid))
    guids = (str(ADA.guid), f"{{{ADA.guid}}}", ADA.guid.bytes_le)
    assert [answer(equal("objectSid", value)) for value in sids] == [True] * 2
    assert [answer(equal("objectGUID", value)) for value in guids] == [True] * 3


def test_accents_do_not_count_as_at_active_directory() -> None:
    zoe = STORE.by_account("zoe")
    assert zoe is not None
    assert matches(equal("cn", "ZOE, (z)"), zoe, STORE) is True


def test_members_that_may_not_be_read_are_undefined() -> None:
    secret, inner = STORE.by_account("Secret"), STORE.by_account("Inner")
    assert secret is not None
    assert inner is not None
    anybody = Clause("member", "present")
    for condition in (anybody, Not(anybody), Or((anybody, Not(anybody))), equal("member", f"CN=Ada,{seed.BASE}")):
        assert matches(condition, secret, STORE) is None
    assert matches(Or((anybody, Not(anybody))), inner, STORE) is True
