"""Where the mapping comes from: an Automation variable, a file on the worker, or GitHub.

Reads that file; HTTPS goes through `https`. An empty or cut mapping is an error, whatever the source.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from runbook.https import Https
from runbook.mapping import Mapping, MappingInvalid, parse_mapping
from runbook.outcome import Failed
from runbook.secret import Secrets
from runbook.settings import MappingSource
from runbook.variable import Variables


class MappingReader:
    """Reads the mapping from wherever the settings say."""

    def __init__(self, https: Https, variables: Variables, secrets: Secrets) -> None:
        self._https = https
        self._variables = variables
        self._secrets = secrets

    def read(self, source: MappingSource) -> Mapping:
        """The mapping.

        Raises:
            Failed: it cannot be had, is not the one that was applied, or is not a whole mapping.
        """
        read = {"variable": self._variable, "worker": _worker_file, "github": self._github}[source.source]
        text, name = read(source)
        try:
            return parse_mapping(text, name)
        except MappingInvalid as error:
            first = error.problems[0]
            more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
            raise Failed(f"mapping {name}:{first.line}:{first.column}: {first.message}{more}") from error

    def _variable(self, source: MappingSource) -> tuple[str, str]:
        name = source.fields["name"]
        text = self._variables.read(name)
        if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != source.fields["sha256"].lower():
            raise Failed(f"mapping {name}: it is not the mapping that was applied (sha256); run 'lockstep apply'")
        return text, name

    def _github(self, source: MappingSource) -> tuple[str, str]:
        """By the contents API with the raw media type: without it, files over 1 MB come back empty."""
        fields = source.fields
        path = quote(fields["path"].lstrip("/"))
        repository = quote(fields["repository"])
        url = f"{fields['api'].rstrip('/')}/repos/{repository}/contents/{path}?ref={quote(fields['ref'], safe='')}"
        name = f"{fields['repository']}/{fields['path']}@{fields['ref']}"
        headers = {"Accept": "application/vnd.github.raw+json", "X-GitHub-Api-Version": "2022-11-28"}
        if source.token:
            headers["Authorization"] = f"Bearer {self._secrets.read(source.token).value}"
        reply = self._https.get(url, headers, f"mapping {name}")
        if reply.status != 200:
            raise Failed(f"mapping {name}: GitHub answered {reply.status} {reply.reason()}; {_remedy_at(reply.status)}")
        return _decoded_text(reply.body, name), name


def _worker_file(source: MappingSource) -> tuple[str, str]:
    path = source.fields["path"]
    try:
        return _decoded_text(Path(path).read_bytes(), path), path
    except OSError as error:
        raise Failed(f"mapping {path}: the worker cannot read it ({error.strerror}); put the file there") from error


def _decoded_text(body: bytes, name: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failed(f"mapping {name}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def _remedy_at(status: int) -> str:
    if 300 <= status < 400:
        return "the repository has moved: write its present name in the environment file"
    if status in {401, 403}:
        return "check the token and its right to read the repository's contents"
    return "check repository, path and ref; without a token only public repositories can be read"
