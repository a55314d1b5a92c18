from __future__ import annotations

from typing import Any

import pytest

from runbook.entitlement import Assignment, Entitlement
from runbook.identity import ManagedIdentity
from runbook.outcome import DeadlinePassed, Failed, Refused
from tests.unit.runbook.standins import PACKAGE_A, PACKAGE_B, PERSON_SID, USER, Wire, https, reply
from tests.unit.runbook.test_variable import ENVIRON

GRAPH = "https://graph.microsoft.com"
PERSON = f"{GRAPH}/v1.0/users/{USER}"
LIST = f"{GRAPH}/v1.0/identityGovernance/entitlementManagement/assignments"
FIRST = f"{LIST}?$filter=target/objectId%20eq%20'{USER}'&$expand=accessPackage,target"
NEXT = f"{LIST}?$skiptoken=2"


def graph(answers: dict[str, Any], seconds: float = 600) -> tuple[Entitlement, Wire]:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"}), **answers})
    return Entitlement(GRAPH, GRAPH, https(wire, seconds), ManagedIdentity(ENVIRON, https(wire))), wire


def row(number: int, package: str = PACKAGE_A, state: Any = "delivered", user: str = USER) -> dict[str, Any]:
    return {"id": f"A{number}", "state": state, "accessPackage": {"id": package}, "target": {"objectId": user}}


def page(*rows: Any, link: Any = None) -> dict[str, Any]:
    return {"value": list(rows), **({"@odata.nextLink": link} if link is not None else {})}


def test_the_persons_sid_is_read() -> None:
    read, wire = graph({PERSON: reply(200, {"id": USER, "onPremisesSecurityIdentifier": PERSON_SID.lower()})})

    assert read.person_sid(USER) == PERSON_SID
    assert wire.asked[-1][1]["Authorization"] == "Bearer T"


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (reply(404, {}), Refused, "does not exist"),
        (reply(200, {"id": USER, "onPremisesSecurityIdentifier": None}), Refused, "has no AD account"),
        (reply(200, {"id": USER, "onPremisesSecurityIdentifier": "x)(cn=*"}), Failed, "is not a SID"),
        (reply(200, {"id": PACKAGE_A, "onPremisesSecurityIdentifier": PERSON_SID}), Failed, "another user's"),
        (reply(200, []), Failed, "not a JSON object"),
        (reply(403, {"error": {"code": "Authorization_RequestDenied"}}), Failed, "permission User.Read.All"),
        (reply(500, {}), Failed, "500"),
    ],
)
def test_a_person_without_ad_account_is_refused_in_a_sentence(answer: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        graph({PERSON: answer})[0].person_sid(USER)


def test_all_pages_are_read_with_one_filter_for_the_person() -> None:
    read, wire = graph(
        {FIRST: reply(200, page(row(1), link=NEXT)), NEXT: reply(200, page(row(2, PACKAGE_B, "Expired")))}
    )

    found = read.assignments(USER)

    assert found.rows == (Assignment("a1", PACKAGE_A, "delivered"), Assignment("a2", PACKAGE_B, "expired"))
    assert found.problem == ""
    assert wire.urls[1:] == [FIRST, NEXT]


@pytest.mark.parametrize(
    ("state", "live"),
    [
        ("delivering", True),
        ("partiallyDelivered", True),
        ("Delivered", True),
        ("expired", False),
        ("deliveryFailed", False),
    ],
)
def test_live_is_what_is_there_or_on_its_way(state: str, live: bool) -> None:  # noqa: FBT001 - a table's column
    assert graph({FIRST: reply(200, page(row(1, state=state)))})[0].assignments(USER).rows[0].live() is live


def test_a_row_may_come_twice() -> None:
    read, _ = graph({FIRST: reply(200, page(row(1), row(1), link=NEXT)), NEXT: reply(200, page(row(1)))})

    assert (len(read.assignments(USER).rows), read.assignments(USER).problem) == (1, "")


BAD_PAGES = [
    (reply(200, b'{"value": [{"id": "A2", '), "not JSON"),
    (reply(200, {}), "value is missing"),
    (reply(200, {"value": None}), "value is missing"),
    (reply(200, {"value": {}}), "not a list"),
    (reply(200, page(row(2), "x")), "not a JSON object"),
    (reply(200, page({**row(2), "accessPackage": None})), "accessPackage"),
    (reply(200, page({**row(2), "target": {}})), "objectId is missing"),
    (reply(200, page(row(2, user=PACKAGE_A))), "did not apply the filter"),
    (reply(200, page(row(2, state="unknownFutureValue"))), "is not known"),
    (reply(200, page(row(2, state=None))), "state is missing"),
    (reply(200, page(row(1, state="expired"))), "came twice and not the same"),
    (reply(200, page(row(2), link=5)), "not a text"),
    (reply(200, page(row(2), link="")), "is empty"),
    (reply(200, page(row(2), link="https://evil.example/v1.0/x")), "another host"),
    (reply(200, page(row(2), link=LIST.replace("https", "http"))), "another host"),
    (reply(200, page(row(2), link=NEXT)), "do not end"),
    (reply(403, {}), "EntitlementManagement.Read.All"),
    (reply(503, {}), "503"),
    (OSError("the answer broke off"), "broke off"),
]


@pytest.mark.parametrize(("second", "problem"), BAD_PAGES)
def test_a_page_that_is_not_whole_is_a_problem_and_nothing_of_it_counts(second: Any, problem: str) -> None:
    read, wire = graph({FIRST: reply(200, page(row(1), link=NEXT)), NEXT: second})

    found = read.assignments(USER)

    assert problem in found.problem
    assert {each.assignment_id for each in found.rows} <= {"a1", "a2"}
    assert not any("evil" in url or url.startswith("http://graph") for url in wire.urls)


def test_what_contradicts_itself_does_not_count_at_all() -> None:
    read, _ = graph({FIRST: reply(200, page(row(1), row(1, state="expired")))})

    assert read.assignments(USER).rows == ()


def test_pages_without_end_are_given_up() -> None:
    answers = {f"{LIST}?$skiptoken={n}": reply(200, page(link=f"{LIST}?$skiptoken={n + 1}")) for n in range(200)}
    read, wire = graph({FIRST: reply(200, page(link=f"{LIST}?$skiptoken=0")), **answers})

    assert "do not end" in read.assignments(USER).problem
    assert len(wire.asked) == 101


def test_the_deadline_ends_the_reading() -> None:
    read, _ = graph({FIRST: reply(429, {}, retry_after="50")}, seconds=20)

    with pytest.raises(DeadlinePassed):
        read.assignments(USER)


def test_an_assignment_that_is_over_may_have_lost_its_access_package() -> None:
    over = {**row(1, state="expired"), "accessPackage": None}
    read, _ = graph({FIRST: reply(200, page(over, row(2)))})

    found = read.assignments(USER)

    assert (found.problem, [each.package_id for each in found.rows]) == ("", ["", PACKAGE_A])


def test_a_live_assignment_without_access_package_is_half_a_list() -> None:
    read, _ = graph({FIRST: reply(200, page({**row(1), "accessPackage": None}))})

    assert "accessPackage" in read.assignments(USER).problem


class Expiring:
    """A Graph and an identity whose first token is no longer good after so many answers."""

    def __init__(self, good_for: int, answers: dict[str, Any], later: str = "T2") -> None:
        self.wire = Wire(answers)
        self.good_for = good_for
        self.tokens = ["T1", later, later]
        self.given = 0

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Any:
        if url.startswith("http://127.0.0.1/token"):
            self.given += 1
            return reply(200, {"access_token": self.tokens[self.given - 1]})
        if headers["Authorization"] == "Bearer T1":
            self.good_for -= 1
            if self.good_for < 0:
                return reply(401, {"error": {"code": "InvalidAuthenticationToken"}})
        return self.wire.get(url, headers, timeout)


PAGES = {FIRST: reply(200, page(row(1), link=NEXT)), NEXT: reply(200, page(row(2, PACKAGE_B)))}


@pytest.mark.parametrize("good_for", [0, 1])
def test_a_token_that_expires_on_the_way_is_replaced_and_the_page_asked_for_again(good_for: int) -> None:
    service = Expiring(good_for, PAGES)

    found = Entitlement(GRAPH, GRAPH, https(service), ManagedIdentity(ENVIRON, https(service))).assignments(USER)

    assert [each.assignment_id for each in found.rows] == ["a1", "a2"]
    assert (found.problem, service.given) == ("", 2)


def test_a_new_token_that_is_refused_too_is_a_problem_and_no_third_is_asked_for() -> None:
    service = Expiring(1, PAGES, later="T1")

    found = Entitlement(GRAPH, GRAPH, https(service), ManagedIdentity(ENVIRON, https(service))).assignments(USER)

    assert [each.assignment_id for each in found.rows] == ["a1"]
    assert "Graph answered 401" in found.problem
    assert service.given == 2


@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False)])
def test_whether_a_user_exists(status: int, there: bool) -> None:  # noqa: FBT001 - a table's column
    assert graph({PERSON: reply(status, {"id": USER})})[0].exists(USER) is there
    with pytest.raises(Failed, match=r"User\.Read\.All"):
        graph({PERSON: reply(403, {})})[0].exists(USER)
