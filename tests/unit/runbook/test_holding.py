from __future__ import annotations

from typing import Any

import pytest

from runbook.entitlement import Entitlement
from runbook.holding import Holder, holders, holdings, read_grants
from runbook.identity import ManagedIdentity
from runbook.membership import Grant
from runbook.outcome import DeadlinePassed, Failed
from tests.unit.runbook.standins import DOMAIN_SID, PACKAGE_A, PACKAGE_B, PERSON_SID, USER, Wire, https, reply
from tests.unit.runbook.test_entitlement import GRAPH, LIST, NEXT, page
from tests.unit.runbook.test_variable import ENVIRON

FIRST = f"{LIST}?$filter=accessPackage/id%20eq%20'{PACKAGE_A}'&$expand=accessPackage,target"
OTHER = USER[:-1] + "2"


def graph(answers: dict[str, Any], seconds: float = 600) -> tuple[Entitlement, Wire]:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"}), **answers})
    return Entitlement(GRAPH, GRAPH, https(wire, seconds), ManagedIdentity(ENVIRON, https(wire))), wire


def row(number: int, user: Any = USER, sid: Any = PERSON_SID, state: str = "delivered", **more: Any) -> dict[str, Any]:
    target = {"objectId": user, "onPremisesSecurityIdentifier": sid}
    return {"id": f"A{number}", "state": state, "accessPackage": {"id": PACKAGE_A}, "target": target, **more}


def test_every_page_of_one_package_is_read_and_only_who_lives_counts() -> None:
    pages = {
        FIRST: reply(200, page(row(1), row(2, OTHER, None, "delivering"), link=NEXT)),
        NEXT: reply(200, page(row(3, state="expired", target=None), row(1))),
    }
    read, wire = graph(pages)

    found = holdings(read, PACKAGE_A)

    assert found == (
        Grant("a1", PACKAGE_A, USER, live=True, copied_sid=PERSON_SID),
        Grant("a2", PACKAGE_A, OTHER, live=True),
    )
    assert wire.urls[1:] == [FIRST, NEXT]


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (reply(200, b'{"value": ['), "not JSON"),
        (reply(200, {}), "value is missing"),
        (reply(200, page("x")), "not a JSON object"),
        (reply(200, page({**row(2), "accessPackage": {"id": PACKAGE_B}})), "did not apply the filter"),
        (reply(200, page({**row(2), "target": None})), "has no target"),
        (reply(200, page({**row(2), "target": []})), "not a JSON object"),
        (reply(200, page({**row(2), "id": None})), "has no id"),
        (reply(200, page({**row(2), "id": 7})), "not a text"),
        (reply(200, page({**row(2), "accessPackage": None})), "did not apply the filter"),
        (reply(200, page({**row(2), "expiredDateTime": 7})), "not a text"),
        (reply(200, page(row(2, user="x"))), "not a GUID"),
        (reply(200, page(row(2, sid="x)(cn=*"))), "not a SID"),
        (reply(200, page(row(2, state="new"))), "is not known"),
        (reply(200, page(row(1, state="expired"))), "came twice and not the same"),
        (reply(200, page(row(2), link=NEXT)), "do not end"),
        (reply(200, page(row(2), link="https://evil.example/x")), "another host"),
        (reply(403, {}), "EntitlementManagement.Read.All"),
        (reply(503, {}), "503"),
        (OSError("the answer broke off"), "broke off"),
    ],
)
def test_half_a_list_is_an_error(second: Any, problem: str) -> None:
    read, _ = graph({FIRST: reply(200, page(row(1), link=NEXT)), NEXT: second})

    with pytest.raises(Failed, match=problem):
        holdings(read, PACKAGE_A)


def test_the_deadline_ends_the_reading() -> None:
    with pytest.raises(DeadlinePassed):
        holdings(graph({FIRST: reply(429, {}, retry_after="50")}, seconds=20)[0], PACKAGE_A)


def test_since_and_until_are_read_where_they_are_told() -> None:
    begins = {"startDateTime": "2026-01-01T00:00:00Z"}
    rows = [
        row(1, schedule=begins),
        row(2, schedule={**begins, "expiration": {"endDateTime": "2026-12-31T00:00:00Z"}}),
        row(
            3, state="expired", schedule={"expiration": {"endDateTime": "2027"}}, expiredDateTime="2026-06-01T00:00:00Z"
        ),
        row(4, state="deliveryFailed", target=None, schedule=None),
    ]
    known: dict[str, Grant] = {}

    read_grants(graph({FIRST: reply(200, page(*rows))})[0], PACKAGE_A, known)

    assert [(each.live, each.since, each.until) for each in known.values()] == [
        (True, "2026-01-01T00:00:00Z", ""),
        (True, "2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z"),
        (False, "", "2026-06-01T00:00:00Z"),
        (False, "", ""),
    ]
    assert known["a4"] == Grant("a4", PACKAGE_A, "", live=False)


def test_people_are_told_apart_by_their_id_and_doubtful_ones_are_left_out() -> None:
    third = USER[:-1] + "3"
    rows = [
        Grant("1", PACKAGE_B, OTHER, live=True, copied_sid=""),
        Grant("2", PACKAGE_A, USER, live=True, copied_sid=""),
        Grant("3", PACKAGE_B, USER, live=True, copied_sid=PERSON_SID),
        Grant("4", PACKAGE_A, "", live=True, copied_sid=PERSON_SID),
        Grant("5", PACKAGE_A, third, live=True, copied_sid=PERSON_SID),
        Grant("6", PACKAGE_B, third, live=True, copied_sid=f"{DOMAIN_SID}-9999"),
    ]

    people, problems = holders(rows)

    assert people == (
        Holder(USER, PERSON_SID, frozenset({PACKAGE_A, PACKAGE_B})),
        Holder(OTHER, "", frozenset({PACKAGE_B})),
    )
    assert problems == (
        "assignment 4: its person is not a user in Entra",
        f"user {third}: the assignments name 2 AD accounts; look at the user in Entra",
    )
