"""Answers are read with ldap3's own decoder: another implementation of the same protocol."""

from __future__ import annotations

from typing import Any

from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder

from provision.sandbox.directory import response
from provision.sandbox.directory.refusal import Result
from provision.sandbox.directory.response import Found, ResponseControl


def read(data: bytes) -> Any:
    message, rest = decoder.decode(data, asn1Spec=LDAPMessage())
    assert not rest
    return message


def test_an_entry_carries_its_values() -> None:
    message = read(response.found(3, Found("CN=Zoë", (("cn", ("Zoë".encode(),)), ("member", (b"a", b"b"))))))
    entry = message["protocolOp"]["searchResEntry"]
    assert (int(message["messageID"]), bytes(entry["object"]).decode()) == (3, "CN=Zoë")
    shown = {str(item["type"]): {bytes(value) for value in item["vals"]} for item in entry["attributes"]}
    assert shown == {"cn": {"Zoë".encode()}, "member": {b"a", b"b"}}


def test_a_reference_carries_its_url() -> None:
    message = read(response.reference(3, "ldap://x/"))
    assert [bytes(uri) for uri in message["protocolOp"]["searchResRef"]] == [b"ldap://x/"]


def test_the_end_of_a_search_carries_result_and_controls() -> None:
    data = response.ended(4, 5, Result(10, "text", "DC=lab", ("ldap://x/",)), controls=[ResponseControl("1.2", b"v")])
    message = read(data)
    done = message["protocolOp"]["searchResDone"]
    assert (int(done["resultCode"]), str(done["diagnosticMessage"])) == (10, "text")
    assert (bytes(done["matchedDN"]), bytes(done["referral"][0])) == (b"DC=lab", b"ldap://x/")
    assert (bytes(message["controls"][0]["controlType"]), bytes(message["controls"][0]["controlValue"])) == (
        b"1.2",
        b"v",
    )


def test_an_extended_answer_carries_name_and_value() -> None:
    answer = read(response.extended(5, Result(), oid="1.2.3", value=b"v"))["protocolOp"]["extendedResp"]
    assert (bytes(answer["responseName"]), bytes(answer["responseValue"])) == (b"1.2.3", b"v")


def test_the_farewell_is_a_notice_of_disconnection() -> None:
    message = read(response.farewell("why"))
    answer = message["protocolOp"]["extendedResp"]
    assert (int(message["messageID"]), int(answer["resultCode"])) == (0, 2)
    assert bytes(answer["responseName"]) == b"1.3.6.1.4.1.1466.20036"
