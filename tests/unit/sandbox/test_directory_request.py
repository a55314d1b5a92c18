"""Requests are read from what ldap3 writes: another implementation of the same protocol."""

from __future__ import annotations

from typing import Any

import pytest
from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE
from ldap3.operation.bind import bind_operation
from ldap3.operation.extended import extended_operation
from ldap3.operation.modify import modify_operation
from ldap3.operation.search import search_operation
from ldap3.protocol.controls import build_control
from ldap3.protocol.rfc4511 import Controls, LDAPMessage, MessageID, ProtocolOp
from pyasn1.codec.ber import encoder

from provision.sandbox.directory import ber
from provision.sandbox.directory.ber import BerError
from provision.sandbox.directory.filter import And, Clause, Not, Or
from provision.sandbox.directory.request import (
    Bind,
    Change,
    Control,
    Extended,
    Modify,
    Request,
    Scope,
    Search,
    Unsupported,
    read_request,
)

A, B = Clause("cn", "equal", b"a"), Clause("sn", "equal", b"b")


def message(name: str, operation: Any, controls: list[Any] | None = None) -> Request:
    wire = LDAPMessage()
    wire["messageID"] = MessageID(7)
    wire["protocolOp"] = ProtocolOp().setComponentByName(name, operation)
    if controls:
        held = Controls()
        for position, control in enumerate(controls):
            held.setComponentByPosition(position, control)
        wire["controls"] = held
    return read_request(ber.decode(encoder.encode(wire)))


def search(filter_text: str, scope: str = "SUBTREE", controls: list[Any] | None = None) -> Request:
    operation = search_operation("DC=lab", filter_text, scope, "NEVER", ["cn", "member"], 9, 0, False, None, None)  # noqa: FBT003 - their order
    return message("searchRequest", operation, controls)


def test_a_simple_bind_is_read() -> None:
    request = message("bindRequest", bind_operation(3, "SIMPLE", "svc@lab", "Pässword"))
    assert request == Request(7, Bind(3, "svc@lab", "Pässword"), ())


def test_a_sasl_bind_has_no_password() -> None:
    request = message("bindRequest", bind_operation(3, "SASL", "", None, "GSSAPI", b"token"))
    assert request.operation == Bind(3, "", None)


@pytest.mark.parametrize(("written", "read"), [("BASE", "base"), ("LEVEL", "one"), ("SUBTREE", "sub")])
def test_a_search_is_read_with_its_scope(written: str, read: Scope) -> None:
    condition = Clause("cn", "equal", b"Ada")
    expected = Search("DC=lab", read, 9, types_only=False, filter=condition, attributes=("cn", "member"))
    assert search("(cn=Ada)", written).operation == expected


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("(cn=*)", Clause("cn", "present")),
        ("(cn=a*b*c)", Clause("cn", "substring", pieces=(b"a", b"b", b"c"))),
        ("(cn=*b*)", Clause("cn", "substring", pieces=(b"", b"b", b""))),
        ("(cn>=a)", Clause("cn", "at_least", b"a")),
        ("(cn<=a)", Clause("cn", "at_most", b"a")),
        ("(cn~=a)", Clause("cn", "equal", b"a")),
        (r"(cn=a\28b\29\2a)", Clause("cn", "equal", b"a(b)*")),
        ("(!(cn=a))", Not(A)),
        ("(&(cn=a)(|(sn=b)(!(cn=a))))", And((A, Or((B, Not(A)))))),
        ("(groupType:1.2.840.113556.1.4.803:=2)", Clause("groupType", "all_bits", b"2")),
        ("(groupType:1.2.840.113556.1.4.804:=2)", Clause("groupType", "any_bit", b"2")),
        ("(member:1.2.840.113556.1.4.1941:=x)", Clause("member", "chain", b"x")),
        ("(cn:1.2.3:=x)", Clause("cn", "unknown", b"x")),
        ("(cn:=x)", Clause("cn", "equal", b"x")),
    ],
)
def test_a_filter_is_read(text: str, condition: object) -> None:
    asked = search(text).operation
    assert isinstance(asked, Search)
    assert asked.filter == condition


def test_a_modify_is_read_in_its_order() -> None:
    changes = {"member": [(MODIFY_ADD, ["a", "b"]), (MODIFY_DELETE, ["c"]), (MODIFY_REPLACE, [])]}
    request = message("modifyRequest", modify_operation("CN=g", changes, None, None))
    assert request.operation == Modify(
        "CN=g",
        (Change("add", "member", (b"a", b"b")), Change("delete", "member", (b"c",)), Change("replace", "member", ())),
    )


def test_an_extended_operation_is_known_by_its_name() -> None:
    assert message("extendedReq", extended_operation("1.2.3", None, None)).operation == Extended("1.2.3")


def test_controls_are_read_with_their_criticality_and_value() -> None:
    controls = [build_control("1.2.3", True, b"v", encode_control_value=False), build_control("4.5.6", False, None)]  # noqa: FBT003 - their order
    assert search("(cn=a)", controls=controls).controls == (Control("1.2.3", True, b"v"), Control("4.5.6", False, None))  # noqa: FBT003 - their order


def test_other_operations_are_known_so_that_they_can_be_refused() -> None:
    request = read_request(ber.sequence(ber.integer(1), ber.Element(ber.TagClass.APPLICATION, 10, b"CN=x")))
    assert request.operation == Unsupported("delete", 11)


def search_element(scope: int, condition: ber.Element) -> ber.Element:
    limits = (ber.enumerated(0), ber.integer(0), ber.integer(0), ber.boolean(False))  # noqa: FBT003 - the value itself
    parts = (ber.octets(""), ber.enumerated(scope), *limits, condition, ber.sequence())
    return ber.sequence(ber.integer(1), ber.application(3, *parts))


def modify_element(action: int) -> ber.Element:
    change = ber.sequence(ber.enumerated(action), ber.sequence(ber.octets("member"), ber.set_of()))
    return ber.sequence(ber.integer(1), ber.application(6, ber.octets("CN=g"), ber.sequence(change)))


@pytest.mark.parametrize(
    "element",
    [
        ber.sequence(),
        ber.sequence(ber.integer(1)),
        ber.sequence(ber.integer(1), ber.application(29)),
        ber.sequence(ber.integer(1), ber.sequence()),
        ber.sequence(ber.octets("1"), ber.application(3)),
        ber.sequence(ber.integer(1), ber.application(0, ber.integer(3))),
        ber.sequence(ber.integer(1), ber.application(23)),
        ber.integer(5),
        search_element(7, ber.context(7, b"cn")),
        search_element(2, ber.context(12, b"cn")),
        search_element(2, ber.context(9, (ber.context(2, b"cn"),))),
        modify_element(3),
    ],
)
def test_what_is_no_request_is_a_ber_error(element: ber.Element) -> None:
    with pytest.raises(BerError):
        read_request(element)
