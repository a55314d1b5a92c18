from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from provision.environment import GitHubMapping
from provision.errors import ProvisionError
from provision.github import fetch


def source(**more: str) -> GitHubMapping:
    values = {
        "source": "github",
        "repository": "contoso/identity",
        "path": "a b/m#1.json",
        "ref": "feature/x&y",
        **more,
    }
    return GitHubMapping.model_validate(values)


class GitHub(httpx.BaseTransport):
    """Answers every request with the same response, and remembers the requests."""

    def __init__(self, status: int = 200, content: bytes = b"{}", headers: Mapping[str, str] | None = None) -> None:
        self.answer = (status, content, headers or {})
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, content, headers = self.answer
        return httpx.Response(status, content=content, headers=headers)


class Unreachable(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("certificate verify failed", request=request)


def test_the_raw_file_is_asked_for_at_the_pinned_ref() -> None:
    github = GitHub(content='{"é": 1}'.encode())

    text = fetch(source(), None, {}, github)

    (request,) = github.requests
    assert text == '{"é": 1}'
    assert str(request.url) == (
        "https://api.github.com/repos/contoso/identity/contents/a%20b/m%231.json?ref=feature%2Fx%26y"
    )
    assert request.headers["accept"] == "application/vnd.github.raw+json"
    assert "authorization" not in request.headers


def test_a_token_comes_from_the_named_environment_variable() -> None:
    github = GitHub()

    fetch(source(token_variable="MY_TOKEN"), None, {"MY_TOKEN": " abc \n"}, github)

    assert github.requests[0].headers["authorization"] == "Bearer abc"


@pytest.mark.parametrize("environ", [{}, {"MY_TOKEN": ""}, {"MY_TOKEN": "a\nb"}, {"MY_TOKEN": "é"}])
def test_without_a_usable_token_nothing_is_asked(environ: dict[str, str]) -> None:
    github = GitHub()

    with pytest.raises(ProvisionError, match="MY_TOKEN"):
        fetch(source(token_variable="MY_TOKEN"), None, environ, github)
    assert github.requests == []


REFUSALS = [
    (401, {}, "does not accept the token in MY_TOKEN"),
    (403, {}, "needs the permission Contents: read on contoso/identity"),
    (403, {"x-ratelimit-remaining": "0"}, "rate limit"),
    (429, {"x-ratelimit-remaining": "0"}, "rate limit"),
    (404, {}, "no such repository, path or ref"),
    (301, {"location": "https://api.github.com/repositories/1/contents/x"}, "the repository has moved"),
    (500, {}, "GitHub answered 500 Internal Server Error; try again later"),
    (204, {}, "GitHub answered 204"),
]


@pytest.mark.parametrize(("status", "headers", "said"), REFUSALS)
def test_anything_but_the_file_is_an_error_with_a_remedy(status: int, headers: dict[str, str], said: str) -> None:
    github = GitHub(status, b'{"message": "x"}', headers)

    with pytest.raises(ProvisionError, match=r"^github:contoso/identity/a b/m#1.json@feature/x&y: ") as caught:
        fetch(source(token_variable="MY_TOKEN"), None, {"MY_TOKEN": "top-secret"}, github)
    assert said in str(caught.value)
    assert "top-secret" not in str(caught.value)
    assert len(github.requests) == 1


def test_no_connection_is_told_with_the_reason() -> None:
    with pytest.raises(ProvisionError, match=r"https://api.github.com cannot be reached: certificate verify failed"):
        fetch(source(), None, {}, Unreachable())


def test_a_file_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ProvisionError, match="not UTF-8"):
        fetch(source(), None, {}, GitHub(content=b"\xff\xfe"))


def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")

    with pytest.raises(ProvisionError, match=r"absent.pem: no certificates can be read"):
        fetch(source(), tmp_path / "absent.pem", {}, GitHub())
    with pytest.raises(ProvisionError, match=r"ca.pem: no certificates can be read"):
        fetch(source(), tmp_path / "ca.pem", {}, GitHub())
