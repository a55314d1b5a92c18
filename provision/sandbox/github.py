"""GitHub: reading one file of a repository ("Get repository content", REST API 2022-11-28)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from provision.sandbox.service import Answer, Call, Refusal, Route

JSON_LIMIT = 1024 * 1024
RAW_TYPES = ("application/vnd.github.raw", "application/vnd.github.raw+json", "application/vnd.github.v3.raw")


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file at `path` of `repository` (`owner/name`) in the refs named; with a `token` the repository is private."""

    repository: str
    path: str
    content: bytes
    refs: tuple[str, ...] = ("main",)
    token: str = ""


class GitHub:
    """The contents endpoint over a list of files, which may change while it serves."""

    def __init__(self, files: Sequence[RepositoryFile]) -> None:
        self.files = list(files)

    def routes(self) -> Sequence[Route]:
        """The one endpoint."""
        return (Route("GET", "/repos/{owner}/{repository}/contents/{path*}", self._get),)

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of GitHub's REST API; the code is not part of it."""
        url = "https://docs.github.com/rest/repos/contents#get-repository-content"
        return Answer(
            refusal.status, {"message": refusal.message, "documentation_url": url, "status": str(refusal.status)}
        )

    def _get(self, call: Call) -> Answer:
        if not call.headers.get("user-agent"):
            message = (
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
            )
            raise Refusal(403, "Forbidden", message)
        file = self._find(call)
        accepted = {kind.split(";")[0].strip() for kind in call.headers.get("accept", "").split(",")}
        raw = next((kind for kind in RAW_TYPES if kind in accepted), None)
        etag = f'"{hashlib.sha256(file.content).hexdigest()}"'
        if raw:
            return Answer(200, file.content, {"Content-Type": f"{raw}; charset=utf-8", "ETag": etag})
        return Answer(200, _described(call, file), {"ETag": etag})

    def _find(self, call: Call) -> RepositoryFile:
        repository = f"{call.arguments['owner']}/{call.arguments['repository']}"
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() in ("bearer", "token") else ""
        known = {file.token for file in self.files if file.token}
        if scheme and not any(secrets.compare_digest(given.encode(), other.encode()) for other in known):
            raise Refusal(401, "Unauthorized", "Bad credentials")
        here = [file for file in self.files if file.repository.lower() == repository.lower()]
        readable = [file for file in here if file.token in ("", given)]
        reference = call.query.get("ref", "main")
        if readable and not any(reference in file.refs for file in readable):
            raise Refusal(404, "NotFound", f"No commit found for the ref {reference}")
        for file in readable:
            if file.path == call.arguments["path"] and reference in file.refs:
                return file
        raise Refusal(404, "NotFound", "Not Found")


def _described(call: Call, file: RepositoryFile) -> dict[str, object]:
    """The JSON form; above 1 MB the content stays empty, which a careless client takes for an empty file."""
    large = len(file.content) > JSON_LIMIT
    url = f"{call.base}/repos/{file.repository}/contents/{quote(file.path)}"
    return {
        "name": file.path.rsplit("/", 1)[-1],
        "path": file.path,
        "sha": hashlib.sha1(file.content, usedforsecurity=False).hexdigest(),
        "size": len(file.content),
        "url": url,
        "type": "file",
        "content": "" if large else base64.encodebytes(file.content).decode(),
        "encoding": "none" if large else "base64",
    }
