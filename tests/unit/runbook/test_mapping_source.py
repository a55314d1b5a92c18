from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from runbook.identity import ManagedIdentity
from runbook.mapping_source import MappingReader
from runbook.outcome import Failed
from runbook.secret import Secrets, SecretSource
from runbook.settings import MappingSource
from runbook.variable import Variables
from tests.unit.runbook.standins import PACKAGE_A, Wire, https, reply
from tests.unit.runbook.test_variable import ENVELOPE, ENVIRON

TEXT = json.dumps({"AccessPackages": [{"AccessPackageID": PACKAGE_A, "ADGroups": ["Café"]}]}, ensure_ascii=False)
VARIABLE = "https://arm/subs/x/variables/map"
GITHUB = "https://api.github.com/repos/contoso/identity/contents/a%20b/map.json"
REPOSITORY = {"api": "https://api.github.com/", "repository": "contoso/identity", "path": "a b/map.json", "ref": "v1 x"}
TOKEN = SecretSource("key_vault", "https://kv.vault.azure.net/secrets/gh")


def reader(answers: dict[str, Any]) -> tuple[MappingReader, Wire]:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"}), **answers})
    identity = ManagedIdentity(ENVIRON, https(wire))
    secrets = Secrets(https(wire), identity, "https://vault.azure.net")
    return MappingReader(https(wire), Variables(ENVELOPE, https(wire), identity), secrets), wire


def variable(sha256: str) -> MappingSource:
    return MappingSource("variable", {"name": "map", "sha256": sha256})


def test_a_variable_with_the_applied_text_is_read() -> None:
    stored = reply(200, {"properties": {"value": json.dumps(TEXT)}})
    digest = hashlib.sha256(TEXT.encode()).hexdigest()

    mapping = reader({VARIABLE: stored})[0].read(variable(digest.upper()))

    assert [str(name) for name in mapping.packages[0].groups] == ["Café"]


@pytest.mark.parametrize("text", ["", TEXT + " ", TEXT[:-2], json.dumps({"AccessPackages": []})])
def test_a_variable_with_any_other_text_is_refused(text: str) -> None:
    stored = reply(200, {"properties": {"value": json.dumps(text)}})

    with pytest.raises(Failed, match="not the mapping that was applied"):
        reader({VARIABLE: stored})[0].read(variable(hashlib.sha256(TEXT.encode()).hexdigest()))


def test_a_file_of_the_worker_is_read(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())

    assert len(reader({})[0].read(MappingSource("worker", {"path": str(file)})).packages) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read it"),
        (b"", "is empty"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b'{"AccessPackages": []}', ":1:20: .*is empty"),
        (b'{"AccessPackages": [1, 2]}', r":1:21: .*\(and 1 more\)"),
    ],
)
def test_a_file_that_is_no_whole_mapping_is_an_error(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "map.json"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(Failed, match=message) as failure:
        reader({})[0].read(MappingSource("worker", {"path": str(file)}))

    assert str(file) in str(failure.value)


def test_github_is_asked_for_the_raw_file_at_the_ref() -> None:
    read, wire = reader({GITHUB: reply(200, TEXT.encode())})

    assert len(read.read(MappingSource("github", REPOSITORY)).packages) == 1
    url, headers = wire.asked[-1]
    assert url == f"{GITHUB}?ref=v1%20x"
    assert headers["Accept"] == "application/vnd.github.raw+json"
    assert "Authorization" not in headers


def test_github_gets_its_own_token_and_no_other() -> None:
    read, wire = reader({GITHUB: reply(200, TEXT.encode()), TOKEN.place: reply(200, {"value": "gh-token"})})

    read.read(MappingSource("github", REPOSITORY, TOKEN))

    assert wire.asked[-1][1]["Authorization"] == "Bearer gh-token"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply(200, b""), "is empty"),
        (reply(302, b""), "has moved"),
        (reply(401, {"message": "Bad credentials"}), "401 Bad credentials; check the token"),
        (reply(404, {}), "check repository, path and ref"),
        (reply(200, {"content": "e30=", "encoding": "base64"}), '"AccessPackages" is missing'),
    ],
)
def test_githubs_failures_are_errors_that_name_the_file(answer: Any, message: str) -> None:
    with pytest.raises(Failed, match=message) as failure:
        reader({GITHUB: answer})[0].read(MappingSource("github", REPOSITORY))

    assert "contoso/identity/a b/map.json@v1 x" in str(failure.value)
