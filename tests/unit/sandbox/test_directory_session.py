from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder

from provision.sandbox import seed
from provision.sandbox.directory.control import PERMISSIVE_MODIFY
from provision.sandbox.directory.domain import populated
from provision.sandbox.directory.filter import Clause
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.population import Account, Group, Population
from provision.sandbox.directory.request import (
    Abandon,
    Bind,
    Change,
    Control,
    Extended,
    Farewell,
    Modify,
    Operation,
    Request,
    Search,
    Unsupported,
)
from provision.sandbox.directory.root import START_TLS, WHO_AM_I
from provision.sandbox.directory.session import Reply, Session

USER = f"{seed.BIND_ACCOUNT}@{seed.DNS_DOMAIN}"
GOOD_BIND = Bind(3, USER, seed.BIND_PASSWORD)
ROOT = Search("", "base", 0, types_only=False, filter=Clause("objectClass", "present"), attributes=())
HEAD = Search(seed.BASE, "base", 0, types_only=False, filter=Clause("objectClass", "present"), attributes=())
ADD = Modify(f"CN=Team,OU=Groups,{seed.BASE}", (Change("add", "member", (f"CN=Ada,OU=People,{seed.BASE}".encode(),)),))


def session(limits: Limits | None = None, *, secure: bool = True) -> Session:
    population = Population((Account("ada", "Ada"),), (Group("Team", ("ada",)),))
    return Session(populated(population), limits or Limits(), secure=secure)


def send(talk: Session, operation: Operation, *controls: Control) -> Reply:
    return talk.answer(Request(9, operation, controls))


def last(reply: Reply) -> Any:
    message, _ = decoder.decode(reply.messages[-1], asn1Spec=LDAPMessage())
    return message["protocolOp"].getComponent()


def test_a_bind_opens_the_directory() -> None:
    talk = session()
    assert [send(talk, operation).code for operation in (GOOD_BIND, HEAD)] == [0, 0]


@pytest.mark.parametrize("first", [None, Bind(3, "", ""), Bind(3, USER, ""), Bind(3, USER, "wrong")])
def test_without_a_bind_only_root_dse_can_be_read(first: Bind | None) -> None:
    talk = session()
    if first:
        send(talk, first)
    assert [send(talk, operation).code for operation in (ROOT, HEAD, ADD)] == [0, 1, 1]


def test_a_failed_bind_ends_the_one_before() -> None:
    talk = session()
    codes = [send(talk, operation).code for operation in (GOOD_BIND, HEAD, Bind(3, USER, "wrong"), HEAD)]
    assert codes == [0, 0, 49, 1]


@pytest.mark.parametrize(
    ("bind", "secure", "code"),
    [
        (GOOD_BIND, False, 8),
        (Bind(3, USER, "wrong"), False, 8),
        (Bind(3, "", ""), False, 0),
        (Bind(2, USER, seed.BIND_PASSWORD), True, 2),
        (Bind(3, "", None), True, 7),
    ],
)
def test_a_bind_that_cannot_be_is_told_apart(*, bind: Bind, secure: bool, code: int) -> None:
    assert send(session(secure=secure), bind).code == code


def test_start_tls_makes_the_line_secure_once() -> None:
    talk = session(secure=False)
    assert send(talk, Extended(START_TLS)).then == "start TLS"
    assert send(talk, GOOD_BIND).code == 0
    assert int(last(send(talk, Extended(START_TLS)))["resultCode"]) == 1


def test_who_am_i_names_the_account() -> None:
    talk = session()
    send(talk, GOOD_BIND)
    assert bytes(last(send(talk, Extended(WHO_AM_I)))["responseValue"]).decode() == f"u:LAB\\{seed.BIND_ACCOUNT}"


@pytest.mark.parametrize(
    ("operation", "code"), [(Extended("1.2.3"), 2), (Unsupported("add", 9), 53), (Unsupported("compare", 15), 53)]
)
def test_what_is_not_emulated_is_refused_with_a_text(operation: Operation, code: int) -> None:
    reply = send(session(), operation)
    answer = last(reply)
    assert (reply.code, int(answer["resultCode"])) == (code, code)
    assert "1.2.3" in str(answer["diagnosticMessage"]) or "sandbox" in str(answer["diagnosticMessage"])


@pytest.mark.parametrize(("honoured", "code"), [(True, 0), (False, 68)])
def test_the_permissive_control_counts_as_the_limits_say(*, honoured: bool, code: int) -> None:
    talk = session(Limits(permissive_modify=honoured))
    send(talk, GOOD_BIND)
    assert send(talk, ADD, Control(PERMISSIVE_MODIFY, True, None)).code == code  # noqa: FBT003 - as on the wire


def test_an_unknown_critical_control_is_refused_before_anything_is_done() -> None:
    talk = session()
    send(talk, GOOD_BIND)
    assert send(talk, ADD, Control("1.2.3", True, None)).code == 12  # noqa: FBT003 - as on the wire


def test_abandon_has_no_answer_and_unbind_ends_the_line() -> None:
    assert send(session(), Abandon()) == Reply()
    assert send(session(), Farewell()) == Reply(then="close")


def test_root_dse_names_the_domain() -> None:
    reply = send(session(), ROOT)
    message, _ = decoder.decode(reply.messages[0], asn1Spec=LDAPMessage())
    attributes = message["protocolOp"]["searchResEntry"]["attributes"]
    shown = {str(item["type"]): [bytes(value).decode() for value in item["vals"]] for item in attributes}
    assert shown["defaultNamingContext"] == [seed.BASE]
    assert PERMISSIVE_MODIFY in shown["supportedControl"]


def test_root_dse_tells_the_time_of_a_clock_that_may_be_wrong() -> None:
    domain = populated(Population((), ()))
    domain.clock_skew = timedelta(minutes=-9)
    talk = Session(domain, Limits(), secure=True)
    message, _ = decoder.decode(send(talk, ROOT).messages[0], asn1Spec=LDAPMessage())
    entry = message["protocolOp"].getComponent()
    shown = {str(item["type"]): [str(value) for value in item["vals"]] for item in entry["attributes"]}
    told = datetime.strptime(shown["currentTime"][0], "%Y%m%d%H%M%S.0Z").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told - timedelta(minutes=9)) < timedelta(seconds=5)
