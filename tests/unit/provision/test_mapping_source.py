from __future__ import annotations

import json
from pathlib import Path

import pytest

from provision.environment import Environment, GitHubMapping
from provision.environment.document import Place
from provision.errors import ProvisionError
from provision.mapping_source import MappingText, parsed, read

ONE, TWO = "77777777-7777-4777-8777-777777777701", "77777777-7777-4777-8777-777777777702"
TEXT = json.dumps(
    {"AccessPackages": [{"AccessPackageID": ONE, "ADGroups": ["A", "Café (Köln) #1"]}]}, ensure_ascii=False
)
HEAD = """\
name: contoso
tenant: 11111111-1111-4111-8111-111111111111
subscription: 22222222-2222-4222-8222-222222222222
resource_group: rg-identity
location: westeurope
automation: {account: aa-identity, hybrid_worker_group: w}
catalogs: [Finance]
directory:
  servers: [{url: "ldaps://dc1"}]
  base: DC=corp
  domain: CORP
  bind: {method: kerberos}
"""


def environment(mapping: str, folder: Path = Path()) -> Environment:
    return Environment.parse(f"{HEAD}mapping:\n{mapping}", "env.yaml", folder)


def nobody(source: GitHubMapping, ca_file: Path | None) -> str:
    raise AssertionError(f"GitHub must not be asked for {source} with {ca_file}")


@pytest.mark.parametrize("source", ["  source: environment\n", "  source: worker\n  path: /etc/m.json\n"])
def test_a_file_is_read_beside_the_environment(tmp_path: Path, source: str) -> None:
    (tmp_path / "m.json").write_text(TEXT, encoding="utf-8")

    text = read(environment(f"{source}  file: m.json\n", tmp_path), nobody)

    assert text.text == TEXT
    assert text.name == str(tmp_path / "m.json")
    assert [str(group) for group in parsed(text).packages[0].groups] == ["A", "Café (Köln) #1"]


def test_github_is_asked_with_the_authority_of_the_cloud() -> None:
    asked: list[tuple[str, Path | None]] = []

    def fetch(source: GitHubMapping, ca_file: Path | None) -> str:
        asked.append((source.repository, ca_file))
        return TEXT

    mapping = "  source: github\n  repository: a/b\n  path: m.json\n  ref: v1\ncloud: {ca_file: /etc/ca.pem}\n"
    text = read(environment(mapping), fetch)

    assert (text.text, text.name) == (TEXT, "github:a/b/m.json@v1")
    assert asked == [("a/b", Path("/etc/ca.pem"))]


def test_an_absent_file_is_told_where_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"^env.yaml:15:9: the mapping file .*m.json does not exist"):
        read(environment("  source: environment\n  file: m.json\n", tmp_path), nobody)


def test_a_file_that_cannot_be_read_or_decoded_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"\xe9"}')

    with pytest.raises(ProvisionError, match="not UTF-8"):
        read(environment("  source: environment\n  file: latin.json\n", tmp_path), nobody)
    with pytest.raises(ProvisionError, match="cannot be read: Is a directory"):
        read(environment("  source: environment\n  file: .\n", tmp_path), nobody)


INLINE = f"""\
  source: environment
  content:
    AccessPackages:
      - AccessPackageID: {ONE}
        ADGroups: [A, "", "Café (Köln) #1"]
      - AccessPackageID: nonsense
        ADGroup: [B]
"""


def test_a_mapping_inside_the_environment_becomes_json() -> None:
    content = f"  source: environment\n  content: {TEXT}\n"

    text = read(environment(content), nobody)

    assert json.loads(text.text) == json.loads(TEXT)
    assert "Café" in text.text


def test_problems_of_a_mapping_inside_the_environment_are_told_in_its_own_lines() -> None:
    with pytest.raises(ProvisionError) as caught:
        parsed(read(environment(INLINE), nobody))

    places = [line.split(": ", 1)[0] for line in str(caught.value).splitlines()[1:]]
    assert places == ["env.yaml:18:23", "env.yaml:19:9", "env.yaml:19:26", "env.yaml:20:9"]


def test_a_package_inside_the_environment_can_be_pointed_at_later() -> None:
    text = read(
        environment(INLINE.replace('"", ', "").replace("nonsense", TWO).replace("ADGroup:", "ADGroups:")), nobody
    )
    second = parsed(text).packages[1]

    assert text.where(second.line, second.column) == "env.yaml:19:9"


@pytest.mark.parametrize("content", ["", "   \n", "{}", '{"AccessPackages": []}', "[", '{"AccessPackages": [{}]}'])
def test_a_mapping_that_is_not_whole_is_an_error_and_never_empty(content: str) -> None:
    with pytest.raises(ProvisionError, match=r"^m.json has \d problems?:\nm.json:1:\d+: "):
        parsed(MappingText(content, "m.json"))


def test_the_text_of_a_file_stands_where_it_stands() -> None:
    assert MappingText("x", "m.json").place(7, 3) == Place(7, 3)
