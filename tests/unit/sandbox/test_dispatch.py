from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from provision.sandbox.conduct import Conduct
from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults import Faults, fault_from
from provision.sandbox.journal import Journal
from provision.sandbox.service import Answer, Call, Refusal, Route


class Cellar:
    """A service with one shelf; it words refusals in its own way."""

    def __init__(self) -> None:
        self.seen: list[Call] = []

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/cellar/wines/{name}", self._get),
            Route("PUT", "/cellar/wines/{name}", self._get),
            Route("GET", "/cellar/broken", self._break),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        return Answer(refusal.status, f"cellar says {refusal.code}: {refusal.message}")

    def _get(self, call: Call) -> Answer:
        self.seen.append(call)
        if call.arguments["name"] == "cork":
            raise Refusal(410, "Corked", "gone", {"X-Reason": "cork"})
        return Answer(200, call.arguments["name"])

    def _break(self, call: Call) -> Answer:
        raise KeyError(call.method)


class Attic:
    """A second service, so that there is a choice."""

    def routes(self) -> Sequence[Route]:
        return (Route("GET", "/{tenant}/attic", lambda call: Answer(200, call.arguments["tenant"])),)

    def refuse(self, refusal: Refusal) -> Answer:
        return Answer(refusal.status, f"attic says {refusal.code}")


class House:
    def __init__(self) -> None:
        self.cellar, self.faults, self.journal = Cellar(), Faults(), Journal()
        self.conduct = Conduct()
        self.dispatcher = Dispatcher([self.cellar, Attic()], self.faults, self.journal, self.conduct)

    def send(self, method: str, path: str, **query: str) -> Answer | None:
        return self.dispatcher.answer(Call(method, path, {}, query, {}, b"", "https://x"))


@pytest.fixture
def house() -> House:
    return House()


def test_paths_match_whatever_their_case_and_arguments_keep_theirs(house: House) -> None:
    assert house.send("GET", "/CELLAR/Wines/Rioja") == Answer(200, "Rioja")


def test_an_escaped_slash_stays_inside_its_segment(house: House) -> None:
    assert house.send("GET", "/cellar/wines/red%2Fdry") == Answer(200, "red/dry")
    assert house.cellar.seen[0].path == "/cellar/wines/red/dry"


def test_a_refusal_is_worded_by_its_service_and_keeps_its_headers(house: House) -> None:
    assert house.send("GET", "/cellar/wines/cork") == Answer(410, "cellar says Corked: gone", {"X-Reason": "cork"})


def test_a_known_path_with_another_method_is_405(house: House) -> None:
    answer = house.send("POST", "/cellar/wines/rioja")
    assert answer is not None
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT")


@pytest.mark.parametrize(
    ("path", "said"),
    [("/cellar/beers", "cellar says NotFound"), ("/garden/tree", "serves nothing at GET /garden/tree")],
)
def test_an_unknown_path_is_404_in_the_words_of_the_service_it_looks_like(house: House, path: str, said: str) -> None:
    answer = house.send("GET", path)
    assert answer is not None
    assert answer.status == 404
    assert said in str(answer.body)


def test_an_unexpected_error_is_500_and_noted(house: House) -> None:
    answer = house.send("GET", "/cellar/broken")
    assert answer is not None
    assert answer.status == 500
    assert house.journal.failures() == ["GET /cellar/broken: KeyError: 'GET'"]


def test_a_status_fault_replaces_the_handler(house: House) -> None:
    house.faults.replace([fault_from({"path": "wines", "status": 429, "retry_after": 7})])
    answer = house.send("GET", "/cellar/wines/rioja")
    assert answer is not None
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert house.cellar.seen == []


@pytest.mark.parametrize(("effect", "handled"), [("drop", 0), ("lost", 1)])
def test_drop_and_lost_differ_in_what_was_done(house: House, effect: str, handled: int) -> None:
    house.faults.replace([fault_from({"path": "wines", "status": effect})])
    assert house.send("GET", "/cellar/wines/rioja") is None
    assert len(house.cellar.seen) == handled


def test_a_request_can_hang_unhandled_until_the_faults_are_replaced(house: House) -> None:
    house.faults.replace([fault_from({"path": "wines", "status": "hang"})])
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(house.send, "GET", "/cellar/wines/rioja")
        while not house.faults.matched():
            time.sleep(0.001)
        assert not answer.done()
        house.faults.replace([])

        assert answer.result() is None
    assert house.cellar.seen == []


def test_an_answer_can_be_wrong_although_the_request_was_handled(house: House) -> None:
    house.faults.replace([fault_from({"path": "wines", "status": 504, "handled": True})])
    answer = house.send("GET", "/cellar/wines/rioja")
    assert answer is not None
    assert answer.status == 504
    assert len(house.cellar.seen) == 1


def test_a_fault_can_aim_at_the_second_page(house: House) -> None:
    house.faults.replace([fault_from({"path": r"\$skiptoken=2", "status": 500})])
    first, second = house.send("GET", "/cellar/wines/a"), house.send("GET", "/cellar/wines/a", **{"$skiptoken": "2"})
    assert first is not None
    assert second is not None
    assert (first.status, second.status) == (200, 500)


def test_every_exchange_is_in_the_journal_with_zero_for_no_answer(house: House) -> None:
    house.faults.replace([fault_from({"path": "b", "status": "drop"})])
    for name in ("a", "b"):
        house.send("GET", f"/x/attic/{name}")
    house.send("GET", "/x/attic", q="1")
    assert [(item.path, item.status) for item in house.journal.exchanges()] == [
        ("/x/attic/a", 404),
        ("/x/attic/b", 0),
        ("/x/attic?q=1", 200),
    ]


def test_every_answer_bears_the_date_of_a_wrong_clock(house: House) -> None:
    assert house.send("GET", "/cellar/wines/Rioja") == Answer(200, "Rioja")
    house.conduct.clock_skew = timedelta(hours=1)
    for path in ("/cellar/wines/Rioja", "/cellar/wines/cork", "/nowhere"):
        answer = house.send("GET", path)
        assert answer is not None
        assert answer.headers["Date"].endswith(" GMT")


def test_what_has_no_answer_has_no_date(house: House) -> None:
    house.conduct.clock_skew = timedelta(hours=1)
    house.faults.replace([fault_from({"path": "/cellar", "status": "drop"})])
    assert house.send("GET", "/cellar/wines/Rioja") is None
