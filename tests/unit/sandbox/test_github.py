from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from provision.sandbox.github import GitHub, RepositoryFile
from provision.sandbox.service import Answer, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = (
    RepositoryFile("contoso/identity", "maps/a.json", b'{"a": 1}', refs=("main", "v1")),
    RepositoryFile("contoso/identity", "big.json", b"x" * (1024 * 1024 + 1)),
    RepositoryFile("contoso/secret", "a.json", b"{}", token="t0k"),
)
AGENT = {"user-agent": "test"}


def get(path: str, headers: Mapping[str, str] = AGENT, ref: str = "") -> Answer:
    service = GitHub(FILES)
    route = service.routes()[0]
    match = route.expression().fullmatch(path)
    assert match is not None
    call = Call("GET", path, match.groupdict(), {"ref": ref} if ref else {}, headers, b"", "https://x")
    try:
        return route.handler(call)
    except Refusal as refusal:
        return service.refuse(refusal)


def test_json_holds_the_content_in_base64() -> None:
    answer = get("/repos/contoso/identity/contents/maps/a.json")
    assert base64.b64decode(answer.body["content"]) == b'{"a": 1}'
    assert (answer.body["encoding"], answer.body["size"]) == ("base64", 8)


@pytest.mark.parametrize("accept", ["application/vnd.github.raw", "application/vnd.github.raw+json, */*"])
def test_the_raw_media_type_gives_the_bytes(accept: str) -> None:
    answer = get("/repos/contoso/identity/contents/big.json", {**AGENT, "accept": accept})
    assert len(answer.body) == 1024 * 1024 + 1


def test_above_one_megabyte_json_is_empty() -> None:
    answer = get("/repos/contoso/identity/contents/big.json")
    assert (answer.status, answer.body["content"], answer.body["encoding"]) == (200, "", "none")


@pytest.mark.parametrize(
    ("path", "headers", "ref", "status", "said"),
    [
        ("contoso/identity/contents/maps/a.json", {}, "", 403, "User-Agent"),
        ("contoso/identity/contents/maps/a.json", AGENT, "v1", 200, ""),
        ("contoso/identity/contents/maps/a.json", AGENT, "v2", 404, "No commit found for the ref v2"),
        ("contoso/identity/contents/none.json", AGENT, "", 404, "Not Found"),
        ("contoso/none/contents/a.json", AGENT, "", 404, "Not Found"),
        ("contoso/secret/contents/a.json", AGENT, "", 404, "Not Found"),
        ("contoso/secret/contents/a.json", {**AGENT, "authorization": "Bearer t0k"}, "", 200, ""),
        ("contoso/identity/contents/maps/a.json", {**AGENT, "authorization": "token t0k"}, "", 200, ""),
        ("contoso/identity/contents/maps/a.json", {**AGENT, "authorization": "Bearer no"}, "", 401, "Bad credentials"),
    ],
)
def test_refs_and_tokens_decide(path: str, headers: Mapping[str, str], ref: str, status: int, said: str) -> None:
    answer = get(f"/repos/{path}", headers, ref)
    assert answer.status == status
    assert said in str(answer.body.get("message", ""))
