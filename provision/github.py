"""A file's text from GitHub's contents API (`GET /repos/{owner}/{repo}/contents/{path}`, raw media type).

I/O: one HTTPS request. The raw media type also gives files above 1 MB, which the JSON form leaves empty in silence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from provision import trust
from provision.environment import GitHubMapping
from provision.errors import ProvisionError

HEADERS: Final = {
    "Accept": "application/vnd.github.raw+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "entra-lockstep",
}
TIMEOUT_SECONDS: Final = 20.0


def fetch(
    source: GitHubMapping,
    ca_file: Path | None,
    environ: Mapping[str, str] = os.environ,
    transport: httpx.BaseTransport | None = None,
) -> str:
    """The text of the file that `source` names; `ca_file` is trusted beside the system's own authorities.

    Raises:
        ProvisionError: no token where one is asked for, no connection, any answer but the file's text in UTF-8.
    """
    url = f"{source.api}/repos/{quote(source.repository)}/contents/{quote(source.path)}"
    headers = {**HEADERS, **_authorization(source, environ)}
    try:
        with httpx.Client(transport=transport, verify=trust.context(ca_file), timeout=TIMEOUT_SECONDS) as client:
            response = client.get(url, params={"ref": source.ref}, headers=headers)
    except httpx.HTTPError as error:
        raise ProvisionError(f"{label(source)}: {source.api} cannot be reached: {error}") from error
    if response.status_code != HTTPStatus.OK:
        raise ProvisionError(f"{label(source)}: {_refused(source, response)}")
    try:
        return response.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProvisionError(f"{label(source)}: the file is not UTF-8; save it as UTF-8") from error


def label(source: GitHubMapping) -> str:
    """How messages call the file."""
    return f"github:{source.repository}/{source.path}@{source.ref}"


def _authorization(source: GitHubMapping, environ: Mapping[str, str]) -> dict[str, str]:
    if source.token_variable is None:
        return {}
    token = environ.get(source.token_variable, "").strip()
    if not token:
        raise ProvisionError(
            f"{label(source)}: the environment variable {source.token_variable} is not set; put a token with the "
            "permission Contents: read into it, or remove token_variable if the repository is public"
        )
    if not token.isascii() or not token.isprintable():
        raise ProvisionError(f"{label(source)}: what is in {source.token_variable} is no token; set it again")
    return {"Authorization": f"Bearer {token}"}


def _refused(source: GitHubMapping, response: httpx.Response) -> str:
    status = response.status_code
    token = f"the token in {source.token_variable}" if source.token_variable else "a request without a token"
    if status == HTTPStatus.UNAUTHORIZED:
        return f"GitHub does not accept {token}; it may have expired: make a new one"
    if response.headers.get("x-ratelimit-remaining") == "0":
        return f"GitHub's rate limit is used up for {token}; wait an hour, or name a token with token_variable"
    if status == HTTPStatus.FORBIDDEN:
        return f"GitHub refuses {token}; it needs the permission Contents: read on {source.repository}"
    if status == HTTPStatus.NOT_FOUND:
        return (
            f"GitHub knows no such repository, path or ref, or does not show it to {token}; check mapping.repository, "
            "mapping.path and mapping.ref, and for a private repository mapping.token_variable"
        )
    if response.is_redirect:
        return "the repository has moved; write its new name in mapping.repository"
    return f"GitHub answered {status} {response.reason_phrase}; try again later"
