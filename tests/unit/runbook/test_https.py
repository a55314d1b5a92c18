from __future__ import annotations

import ssl
from urllib.error import URLError

import pytest

from runbook.https import Reply, UrllibTransport
from runbook.outcome import DeadlinePassed, Failed
from tests.unit.runbook.standins import StandingClock, Wire, https, reply

URL = "https://h.example/x"
OK = reply(200, {"a": 1})


def test_an_answer_is_taken_as_it_is() -> None:
    wire = Wire({URL: reply(403, {})})

    assert https(wire).get(URL, {"X": "1"}, "thing").status == 403
    assert wire.asked == [(URL, {"User-Agent": "lockstep", "X": "1"})]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_service_is_asked_again(status: int) -> None:
    clock = StandingClock()
    wire = Wire({URL: [reply(status, {}), OSError("reset"), OK]})

    assert https(wire, clock=clock).get(URL, {}, "thing") == OK
    assert clock.slept == [0.5, 2.0]


def test_retry_after_is_honoured() -> None:
    clock = StandingClock()

    https(Wire({URL: [reply(429, {}, retry_after="17"), OK]}), clock=clock).get(URL, {}, "thing")

    assert clock.slept == [17]


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    clock = StandingClock()
    wire = Wire({URL: [reply(429, {}, retry_after="61"), OK]})

    with pytest.raises(DeadlinePassed):
        https(wire, 60, clock).get(URL, {}, "thing")

    assert clock.slept == []


def test_after_four_tries_the_last_answer_stands() -> None:
    wire = Wire({URL: reply(503, {})})

    assert https(wire).get(URL, {}, "thing").status == 503
    assert len(wire.asked) == 4


def test_who_reads_a_lot_may_wait_longer() -> None:
    clock = StandingClock()
    wire = Wire({URL: [reply(429, {}), OSError("reset"), *[reply(429, {}, retry_after="60")] * 4, OK]})

    assert https(wire, clock=clock).get(URL, {}, "thing", more_tries=3) == OK
    assert clock.slept == [0.5, 2.0, 60, 60, 60, 60]
    assert https(Wire({URL: reply(503, {})})).get(URL, {}, "thing", more_tries=3).status == 503


def test_more_tries_are_not_for_a_connection_that_breaks() -> None:
    wire = Wire({URL: [reply(429, {}), reply(429, {}), OSError("reset")]})

    with pytest.raises(Failed, match="reset"):
        https(wire).get(URL, {}, "thing", more_tries=9)

    assert len(wire.asked) == 6


def test_no_answer_in_four_tries_is_an_error_that_names_thing_and_host() -> None:
    wire = Wire({URL: URLError("name not known")})

    with pytest.raises(Failed, match=r"thing: h\.example did not answer \(name not known\)"):
        https(wire).get(URL, {}, "thing")

    assert len(wire.asked) == 4


def test_impatience_is_one_try() -> None:
    wire = Wire({URL: OSError("no route")})

    with pytest.raises(Failed):
        https(wire).get(URL, {}, "thing", patient=False)

    assert len(wire.asked) == 1


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_untrusted_certificate_is_told_at_once(wrapped: bool) -> None:  # noqa: FBT001 - a table's column
    error = ssl.SSLCertVerificationError("self-signed certificate")
    wire = Wire({URL: URLError(error) if wrapped else error})

    with pytest.raises(Failed, match=r"certificate of h\.example is not trusted"):
        https(wire).get(URL, {}, "thing")

    assert len(wire.asked) == 1


@pytest.mark.parametrize("url", ["http://h.example/x", "ftp://h.example", "file:///etc/passwd", "h.example"])
def test_nothing_goes_out_unencrypted(url: str) -> None:
    wire = Wire({})

    with pytest.raises(Failed, match="not an https address"):
        https(wire).get(url, {}, "thing")

    assert wire.asked == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "169.254.169.254"])
def test_the_machines_own_identity_endpoint_may_be_plain(host: str) -> None:
    wire = Wire({f"http://{host}/x": OK})

    assert https(wire).get(f"http://{host}/x", {}, "thing") == OK


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff"])
def test_a_body_that_is_no_object_is_an_error(body: bytes) -> None:
    with pytest.raises(Failed, match="thing: the answer is not"):
        reply(200, body).json_object("thing")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"code": "Denied", "message": "not\\n you"}}', "Denied: not you"),
        (b'{"message": "no"}', "no"),
        (b'{"error": "plain"}', "plain"),
        (b"<html>", ""),
        (b"[]", ""),
        (b'{"error": {"code": 5}}', ""),
    ],
)
def test_the_services_own_words_are_found(body: bytes, words: str) -> None:
    assert Reply(400, {}, body).reason() == words


def test_certificates_are_verified_against_the_workers_trust_store() -> None:
    transport = UrllibTransport()

    assert transport.tls.verify_mode == ssl.CERT_REQUIRED
    assert transport.tls.check_hostname
