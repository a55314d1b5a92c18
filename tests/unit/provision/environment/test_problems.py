"""Each case changes one thing in a sound environment file and says which problems are then reported, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from provision.environment import Environment
from provision.errors import ProvisionError

SOUND = """\
name: contoso
tenant: 11111111-1111-4111-8111-111111111111
subscription: 22222222-2222-4222-8222-222222222222
resource_group: rg-identity
location: westeurope
automation:
  account: aa-identity
  hybrid_worker_group: onprem-workers
catalogs: [Finance]
callout: {}
mapping: {source: environment, file: m.json}
directory:
  servers: [{url: "ldaps://dc1.corp.example"}]
  base: DC=corp,DC=example
  domain: CORP
  bind: {method: kerberos}
"""


CASES = yaml.safe_load((Path(__file__).parents[3] / "cases/environment/problems.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["by"][:40])
def test_a_problem_is_told_with_its_place_and_its_remedy(case: dict[str, Any]) -> None:
    assert SOUND.count(case["replace"]) == 1
    assert reported(SOUND.replace(case["replace"], case["by"])) == case["problems"]


def test_the_file_without_changes_is_sound() -> None:
    assert Environment.parse(SOUND, "file.yaml", Path()).name == "contoso"


def test_all_problems_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = SOUND.replace("tenant:", "tennant:").replace("callout: {}", "callout: {poll_count: 0}\nbudget: 3")

    assert [line.split(": ")[0] for line in reported(text)] == ["1:1", "2:1", "10:23", "11:1"]


SECRET, NUMBER = "correct-horse-battery", "8675309"
LEAKS = [
    ("{method: kerberos}", f"{{method: simple, user: x, password: {SECRET}}}"),
    ("{method: kerberos}", f"{{method: simple, user: x, password: {{key_vault: {SECRET}}}}}"),
    ("{method: kerberos}", f"{{method: simple, user: x, password: [{SECRET}]}}"),
    ("{method: kerberos}", f"{{method: simple, user: x, password: {NUMBER}}}"),
    (
        "{source: environment, file: m.json}",
        f"{{source: github, repository: a/b, path: m, ref: x, token: {SECRET}}}",
    ),
    (
        "{source: environment, file: m.json}",
        f"{{source: github, repository: a/b, path: m, ref: x, token_variable: {SECRET}}}",
    ),
    (
        "{source: environment, file: m.json}",
        "{source: github, repository: a/b, path: m, ref: x, token_variable: ghp_0123456789abcdef}",
    ),
]


@pytest.mark.parametrize(("old", "new"), LEAKS)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(old: str, new: str) -> None:
    told = "\n".join(reported(SOUND.replace(old, new)))

    assert told
    assert [secret for secret in (SECRET, NUMBER, "ghp_") if secret in told] == []


def test_a_file_that_is_not_yaml_is_told_with_file_and_place() -> None:
    with pytest.raises(ProvisionError) as caught:
        Environment.parse("name: [", "some/file.yaml", Path())

    assert str(caught.value).startswith("some/file.yaml has 1 problem:\nsome/file.yaml:1:8: not YAML: ")


@pytest.mark.parametrize("text", ["- a\n", "text\n", "12\n"])
def test_a_file_that_is_no_mapping_is_told_so(text: str) -> None:
    (line,) = reported(text)

    assert line.startswith("1:1: the file: must be a mapping of keys to values")


def reported(text: str) -> list[str]:
    with pytest.raises(ProvisionError) as caught:
        Environment.parse(text, "file.yaml", Path())
    header, *lines = str(caught.value).splitlines()

    assert header == f"file.yaml has {len(lines)} problem{'s' * (len(lines) > 1)}:"
    return [line.removeprefix("file.yaml:") for line in lines]
