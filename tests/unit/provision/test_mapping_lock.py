from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provision import mapping_lock
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.mapping_lock import Pin
from runbook.group_name import parse_group_name
from runbook.mapping import Mapping, parse_mapping
from tests.sample import document

ONE, TWO = (f"12345678-1234-1234-1234-12345678900{n}" for n in (1, 2))
PACKAGE = "77777777-7777-4777-8777-777777777701"


def pin(name: str, guid: str = ONE) -> Pin:
    return Pin(parse_group_name(name), guid)


def mapped(*groups: str, **more: Any) -> Mapping:
    return parse_mapping(
        json.dumps({"AccessPackages": [{"AccessPackageID": PACKAGE, "ADGroups": groups}], **more}), "m"
    )


def locked(folder: Path, text: str | bytes | None) -> Environment:
    """An environment whose lock file has this text."""
    if text is not None:
        (folder / "x.lock.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    mapping = {"source": "environment", "file": "m.json", "lock": "x.lock.json"}
    return Environment.parse(json.dumps(document(mapping=mapping)), "env.yaml", folder)


def test_the_file_is_sorted_and_reads_back_as_it_was_written(tmp_path: Path) -> None:
    pins = [pin("b"), pin("Café (Köln)", TWO), pin("A", TWO), pin("CN=X\\, Y,DC=lab"), pin("CORP\\c")]

    text = mapping_lock.written(pins)

    assert text == mapping_lock.written(reversed(pins))
    assert text.endswith('"\n  }\n}\n')
    assert list(json.loads(text)["Groups"]) == ["A", "b", "Café (Köln)", "CN=X\\, Y,DC=lab", "CORP\\c"]
    assert set(mapping_lock.read(locked(tmp_path, text))) == set(pins)


def test_an_environment_without_a_lock_file_pins_nothing() -> None:
    plain = Environment.parse(json.dumps(document()), "env.yaml", Path())

    assert mapping_lock.read(plain) == ()
    assert list(mapping_lock.warnings(plain, mapped("A"), ())) == []


def test_a_lock_file_that_is_not_there_is_told_with_its_place_and_the_command(tmp_path: Path) -> None:
    environment = locked(tmp_path, None)

    with pytest.raises(ProvisionError) as caught:
        mapping_lock.read(environment)

    where = environment.where("mapping", "lock")
    said = f"the lock file {tmp_path / 'x.lock.json'} does not exist; `lockstep mapping lock -e env.yaml` writes it"
    assert str(caught.value) == f"{where}: {said}"
    assert mapping_lock.kept(tmp_path / "x.lock.json") == ()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1:1: not JSON"]),
        ("[]", ["1:1: the lock file must be an object, not array"]),
        ("{}", ['1:1: key "Groups" is missing; `lockstep mapping lock` writes the file']),
        ('{"Groups": [], "x": 1}', ['1:12: "Groups" must be an object, not array', '1:16: unknown key "x"; known: Gr']),
        (
            '{"Groups": {"a*": "' + ONE + '",\n"b": "x",\n"c": 7}}',
            [
                "1:13: group 'a*' has the character '*'",
                "2:6: group 'b' is not pinned to a GUID; `lockstep mapping lock` finds it",
                "3:6: group 'c' is not pinned to a GUID",
            ],
        ),
        (
            f'{{"Groups": {{"A": "{ONE}", "a": "{ONE}"}}}}',
            ["1:58: group 'a' is pinned already in line 1; remove one"],
        ),
    ],
    ids=["empty", "a list", "no groups", "other kinds", "bad entries", "twice"],
)
def test_a_lock_file_that_is_not_whole_is_an_error_with_every_place(
    tmp_path: Path, text: str, problems: list[str]
) -> None:
    environment = locked(tmp_path, text)

    with pytest.raises(ProvisionError) as caught:
        mapping_lock.read(environment)

    _, *lines = str(caught.value).splitlines()
    for line, words in zip(lines, problems, strict=True):
        assert line.startswith(f"{tmp_path / 'x.lock.json'}:{words}")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"\xff"), "x.lock.json: is not UTF-8"),
        (Path.mkdir, "x.lock.json: cannot be read: Is a directory"),
    ],
)
def test_a_lock_file_that_cannot_be_read_is_told(tmp_path: Path, make: Any, says: str) -> None:
    make(tmp_path / "x.lock.json")

    with pytest.raises(ProvisionError, match=says):
        mapping_lock.read(locked(tmp_path, None))


def test_names_that_can_come_to_mean_another_group_are_pinned_each_once() -> None:
    mapping = mapped("A", "CN=B,DC=x", ONE, "S-1-5-21-1-2-3-1104", "CORP\\C", RetiredGroups=["D"])

    assert [str(name) for name in mapping_lock.names(mapping)] == ["A", "CN=B,DC=x", "CORP\\C", "D"]


def test_what_mapping_and_lock_file_do_not_have_in_common_is_warned_of(tmp_path: Path) -> None:
    environment = locked(tmp_path, None)
    mapping = mapped(*"ABCDEFG")

    loose, stray = mapping_lock.warnings(environment, mapping, (pin("a"), pin("Z"), pin("Y")))

    file = tmp_path / "x.lock.json"
    assert loose == (
        f"{file} does not pin groups B, C, D, E, F and 1 more, which the mapping names; "
        "`lockstep mapping lock -e env.yaml` does"
    )
    assert stray == (
        f"{file} pins groups Y, Z, which the mapping does not name; `lockstep mapping lock -e env.yaml` takes that out"
    )
    assert list(mapping_lock.warnings(environment, mapped("A"), (pin("A"),))) == []
