from __future__ import annotations

from typing import Any

import pytest

from runbook.entitlement import Entitlement
from runbook.everybody import Everybody, read_everybody
from runbook.identity import ManagedIdentity
from runbook.membership import Grant
from runbook.outcome import DeadlinePassed
from tests.unit.runbook.standins import (
    DOMAIN_SID,
    PACKAGE_A,
    PACKAGE_B,
    PERSON_SID,
    StandingClock,
    Wire,
    https,
    reply,
)
from tests.unit.runbook.test_entitlement import GRAPH, LIST, NEXT, page
from tests.unit.runbook.test_variable import ENVIRON

PACKAGES = (PACKAGE_A, PACKAGE_B)
USERS = f"{GRAPH}/v1.0/users?$select=id,onPremisesSecurityIdentifier&$top=999"
MORE_USERS = f"{GRAPH}/v1.0/users?$skiptoken=2"
OLD_SID = f"{DOMAIN_SID}-1999"


def user(number: int) -> str:
    return f"66666666-6666-4666-8666-{number:012d}"


def listing(package: str) -> str:
    return f"{LIST}?$filter=accessPackage/id%20eq%20'{package}'&$expand=accessPackage,target"


def row(
    number: int, package: str = PACKAGE_A, state: str = "delivered", copied: Any = None, **more: Any
) -> dict[str, Any]:
    target = {"objectId": user(number), "onPremisesSecurityIdentifier": copied}
    return {"id": f"A{number}", "state": state, "accessPackage": {"id": package}, "target": target, **more}


def account(number: int, sid: Any = None) -> dict[str, Any]:
    return {"id": user(number).upper(), "onPremisesSecurityIdentifier": sid}


def everybody(answers: dict[str, Any], seconds: float = 3_600) -> tuple[Everybody, Wire, StandingClock]:
    """What is read of both packages; where nothing else is prepared, they have no assignment and Entra has no user."""
    empty = reply(200, {"value": []})
    clock = StandingClock()
    wire = Wire(
        {
            "http://127.0.0.1/token": reply(200, {"access_token": "T"}),
            **{listing(package): empty for package in PACKAGES},
            USERS: empty,
            **answers,
        }
    )
    quick = https(wire, seconds, clock)
    return read_everybody(Entitlement(GRAPH, GRAPH, quick, ManagedIdentity(ENVIRON, quick)), PACKAGES), wire, clock


def test_all_assignments_are_read_with_the_account_that_entra_names_now() -> None:
    found, _, _ = everybody(
        {
            listing(PACKAGE_A): reply(200, page(row(1, copied=OLD_SID.lower()), link=NEXT)),
            NEXT: reply(200, page(row(2, state="expired"), row(1, copied=OLD_SID))),
            listing(PACKAGE_B): reply(200, page(row(3, PACKAGE_B))),
            USERS: reply(
                200,
                {**page(account(1, PERSON_SID.lower()), account(9, "S-1-5-21-9-9-9-1")), "@odata.nextLink": MORE_USERS},
            ),
            MORE_USERS: reply(200, page(account(2, OLD_SID), account(3), account(1, PERSON_SID))),
        }
    )

    assert found.problems == ()
    assert found.grants == (
        Grant("a1", PACKAGE_A, user(1), live=True, sid=PERSON_SID, copied_sid=OLD_SID),
        Grant("a2", PACKAGE_A, user(2), live=False, sid=OLD_SID),
        Grant("a3", PACKAGE_B, user(3), live=True),
    )


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (reply(200, b""), "not JSON"),
        (reply(200, b'{"value": [{"id": "A'), "not JSON"),
        (reply(200, {}), "value is missing"),
        (reply(200, page("x")), "not a JSON object"),
        (reply(200, page(row(2, PACKAGE_B))), "did not apply the filter"),
        (reply(200, page(row(2, state="new"))), "not known"),
        (reply(200, page(row(1, state="expired"))), "came twice and not the same"),
        (reply(200, page(row(2), link=NEXT)), "do not end"),
        (reply(200, page(row(2), link="https://evil.example/x")), "another host"),
        (reply(401, {}), "EntitlementManagement.Read.All"),
        (reply(503, {}), "503"),
        (OSError("the answer broke off"), "broke off"),
    ],
)
def test_half_a_list_is_a_problem_and_what_whole_pages_said_counts(second: Any, problem: str) -> None:
    found, _, _ = everybody(
        {
            listing(PACKAGE_A): reply(200, page(row(1), row(5), link=NEXT)),
            NEXT: second,
            listing(PACKAGE_B): reply(200, page(row(3, PACKAGE_B))),
            USERS: reply(200, page(*(account(n, f"{DOMAIN_SID}-{2000 + n}") for n in (1, 2, 3, 5)))),
        }
    )

    (told,) = found.problems
    assert problem in told
    assert told.startswith(f"access package {PACKAGE_A}: ")
    assert {"a3", "a5"} <= {each.assignment_id for each in found.grants} <= {"a1", "a2", "a3", "a5"}
    assert all(each.sid for each in found.grants)


@pytest.mark.parametrize(
    ("users", "problem"),
    [
        (reply(200, b'{"value": ['), "not JSON"),
        (reply(200, {}), "value is missing"),
        (reply(200, page("x")), "not a JSON object"),
        (reply(200, page({"id": 7})), "not a GUID"),
        (reply(200, page({"id": "x"})), "not a GUID"),
        (reply(200, page(account(1, 7))), "not a SID"),
        (reply(200, page(account(1, "x)(cn=*"))), "not a SID"),
        (reply(200, page(account(1, PERSON_SID), account(1, OLD_SID))), "came twice and not the same"),
        (reply(200, page(account(1), link="https://evil.example/x")), "another host"),
        (reply(200, page(account(1), link=USERS)), "do not end"),
        (reply(403, {}), "User.Read.All"),
        (reply(200, page(account(2, OLD_SID))), f"{user(1)} is not in the list of users, but exists"),
    ],
)
def test_users_who_were_not_told_wholly_are_a_problem(users: Any, problem: str) -> None:
    found, _, _ = everybody(
        {
            listing(PACKAGE_A): reply(200, page(row(1))),
            USERS: users,
            f"{GRAPH}/v1.0/users/{user(1)}": reply(200, account(1, PERSON_SID)),
        }
    )

    (told,) = found.problems
    assert problem in told
    assert [each.assignment_id for each in found.grants] == ["a1"]
    assert found.grants[0].sid in {"", PERSON_SID}
    assert found.grants[0].sid == "" or "twice" not in told


def test_a_user_whom_nobody_lists_because_there_is_none_any_more_is_no_problem() -> None:
    found, wire, _ = everybody({listing(PACKAGE_A): reply(200, page(row(1, copied=OLD_SID)))})

    assert found == Everybody((Grant("a1", PACKAGE_A, user(1), live=True, copied_sid=OLD_SID),))
    assert f"{GRAPH}/v1.0/users/{user(1)}?$select=id" in wire.urls


def test_a_list_that_names_hardly_anybody_is_not_asked_about_one_by_one() -> None:
    found, wire, _ = everybody({listing(PACKAGE_A): reply(200, page(*map(row, range(30))))})

    assert found.problems == ("Graph: 30 users with a live assignment are not in the list of users",)
    assert not [url for url in wire.urls if "/users/" in url]


def test_nobody_asks_for_users_when_nobody_has_anything() -> None:
    found, wire, _ = everybody({})

    assert found == Everybody(())
    assert USERS not in wire.urls


def test_a_service_that_throttles_for_minutes_is_waited_for() -> None:
    busy = reply(429, {}, retry_after="30")
    found, _, clock = everybody(
        {listing(PACKAGE_A): [*[busy] * 10, reply(200, page(row(1)))], USERS: reply(200, page(account(1)))}
    )

    assert found.problems == ()
    assert clock.seconds == 300


def test_a_service_that_throttles_beyond_the_deadline_ends_the_job() -> None:
    with pytest.raises(DeadlinePassed):
        everybody({listing(PACKAGE_A): reply(429, {}, retry_after="30")}, seconds=100)


def test_the_same_assignment_in_two_packages_is_a_problem() -> None:
    found, _, _ = everybody(
        {
            listing(PACKAGE_A): reply(200, page(row(1))),
            listing(PACKAGE_B): reply(200, page(row(1, PACKAGE_B))),
            USERS: reply(200, page(account(1))),
        }
    )

    assert "came twice and not the same" in found.problems[0]
    assert found.grants == ()


def test_after_three_packages_that_fail_the_rest_is_left() -> None:
    packages = [f"77777777-7777-4777-8777-{n:012d}" for n in range(9)]
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"}), LIST: reply(500, {})})
    quick = https(wire, 36_000)

    found = read_everybody(Entitlement(GRAPH, GRAPH, quick, ManagedIdentity(ENVIRON, quick)), packages)

    assert len(found.problems) == 4
    assert found.problems[-1] == "the other access packages were not asked for"
