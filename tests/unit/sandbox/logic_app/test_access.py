from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from provision.sandbox.logic_app.access import Access, admit, read_access
from provision.sandbox.service import Call, Refusal

CLAIMS = {"iss": "https://sts/", "aud": "a", "appid": "b", "m": "POST", "u": "host", "p": "/sub/x"}
POLICY = {"type": "AADPOP", "claims": [{"name": name, "value": value} for name, value in CLAIMS.items()]}


def control(state: str = "Disabled", **policies: Any) -> dict[str, Any]:
    return {
        "triggers": {
            "sasAuthenticationPolicy": {"state": state},
            "openAuthenticationPolicies": {"policies": policies or {"one": POLICY}},
        }
    }


class Tokens:
    """Reads a token that spells out its claims."""

    def pop_claims(self, authorization: str) -> Mapping[str, str] | None:
        if not authorization.startswith("PoP "):
            return None
        return dict(part.split("=", 1) for part in authorization[4:].split(";"))


def header(**changes: str | None) -> str:
    merged = {**CLAIMS, **changes}
    return "PoP " + ";".join(f"{name}={value}" for name, value in merged.items() if value is not None)


def call(authorization: str = "", **query: str) -> Call:
    headers = {"authorization": authorization} if authorization else {}
    return Call("POST", "/x", {}, query, headers, b"", "https://localhost")


LOCKED = read_access(control())


def test_the_claims_of_the_policy_open_the_door() -> None:
    admit(call(header(), **{"api-version": "2016-10-01"}), LOCKED, "s", Tokens())


@pytest.mark.parametrize("claim", list(CLAIMS))
@pytest.mark.parametrize("value", ["other", "", None])
def test_every_claim_has_to_be_there_and_equal(claim: str, value: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        admit(call(header(**{claim: value})), LOCKED, "s", Tokens())
    assert (caught.value.status, caught.value.code) == (403, "MisMatchingOAuthClaims")
    assert claim not in caught.value.message.split()


def test_the_case_of_a_claim_matters() -> None:
    with pytest.raises(Refusal):
        admit(call(header(p="/SUB/x")), LOCKED, "s", Tokens())


def test_one_policy_of_several_is_enough() -> None:
    other = {"type": "AADPOP", "claims": [{"name": "iss", "value": "x"}]}
    admit(call(header()), read_access(control(first=other, second=POLICY)), "s", Tokens())


@pytest.mark.parametrize(
    ("door", "sent", "status", "code"),
    [
        (LOCKED, call(), 401, "DirectApiAuthorizationRequired"),
        (LOCKED, call("Bearer x"), 401, "DirectApiAuthorizationRequired"),
        (LOCKED, call(sp="/triggers/manual/run", sv="1.0", sig="s"), 401, "DirectApiAuthorizationRequired"),
        (LOCKED, call(header(), sig="s"), 400, "DirectApiRequestHasMoreThanOneAuthorization"),
        (Access(), call(), 401, "DirectApiAuthorizationRequired"),
        (Access(), call(header()), 401, "DirectApiAuthorizationRequired"),
        (Access(), call(sp="/triggers/manual/run", sv="1.0", sig="wrong"), 401, "AuthorizationFailed"),
        (Access(), call(sp="/triggers/manual/run", sv="1.0"), 401, "AuthorizationFailed"),
        (Access(signatures=False), call(header()), 401, "DirectApiAuthorizationRequired"),
    ],
)
def test_other_calls_are_refused(door: Access, sent: Call, status: int, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        admit(sent, door, "s", Tokens())
    assert (caught.value.status, caught.value.code) == (status, code)


def test_a_signature_opens_the_door_while_it_may() -> None:
    admit(call(sp="/triggers/manual/run", sv="1.0", sig="s"), read_access(None), "s", Tokens())
    admit(call(sig="s"), read_access(control("Enabled")), "s", Tokens())


def test_names_are_compared_without_case() -> None:
    written = {"Triggers": {"SasAuthenticationPolicy": {"State": "disabled"}, "allowedCallerIpAddresses": []}}
    assert read_access(written) == Access(signatures=False)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"triggers": {"allowedCallerIpAddresses": [{"addressRange": "1.2.3.0/24"}]}}, "NotEmulated"),
        ({"contents": {"allowedCallerIpAddresses": [{"addressRange": "1.2.3.0/24"}]}}, "NotEmulated"),
        (control(one={"type": "AAD", "claims": POLICY["claims"]}), "NotEmulated"),
        (control("Off"), "InvalidTemplate"),
        (control(one={"type": "AADPOP", "claims": []}), "InvalidTemplate"),
        (control(one={"type": "AADPOP", "claims": [{"name": "aud", "value": "a"}]}), "InvalidTemplate"),
        (control(one={"type": "AADPOP", "claims": [{"name": "iss"}]}), "InvalidTemplate"),
    ],
)
def test_access_that_cannot_be_kept_is_refused(written: Any, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_access(written)
    assert caught.value.code == code
