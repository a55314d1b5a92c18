from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from provision.commands.mapping import check
from provision.errors import ProvisionError
from provision.terminal import Terminal

ROOT = Path(__file__).resolve().parents[4]
SANDBOX = str(ROOT / "environments/sandbox.yaml")
ONE = "77777777-7777-4777-8777-777777777701"


def run(reference: str, form: str, *, deployed: bool = False) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = check(reference, form, Terminal(out, err, io.StringIO(), {}), deployed=deployed)
    return code, out.getvalue(), err.getvalue()


def environment(folder: Path, mapping: str) -> str:
    text = Path(SANDBOX).read_text(encoding="utf-8").replace("sandbox.mapping.json", "m.json")
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    (folder / "m.json").write_text(mapping, encoding="utf-8")
    return str(folder / "x.yaml")


def test_packages_and_groups_are_shown_and_counted() -> None:
    code, out, err = run(SANDBOX, "text")

    lines = out.splitlines()
    assert code == 0
    assert lines[0].split("  ")[0] == "ACCESS PACKAGE"
    assert lines[1] == f"{ONE}  Finance_Readers, Finance_Reports"
    assert len(lines) == 5
    assert err.strip().endswith("sandbox.mapping.json: 4 access packages, 8 AD groups, no problems")


def test_scripts_get_json_and_nothing_else() -> None:
    code, out, err = run(SANDBOX, "json")

    document = json.loads(out)
    text = (ROOT / "environments/sandbox.mapping.json").read_bytes()
    assert (code, err, document["version"]) == (0, "", 1)
    assert document["access_packages"][0] == {"id": ONE, "groups": ["Finance_Readers", "Finance_Reports"]}
    assert document["sha256"] == hashlib.sha256(text).hexdigest()


def test_one_package_is_one_package(tmp_path: Path) -> None:
    reference = environment(tmp_path, json.dumps({"AccessPackages": [{"AccessPackageID": ONE, "ADGroups": ["A"]}]}))

    assert run(reference, "text")[2].strip().endswith("1 access package, 1 AD group, no problems")


def test_all_problems_are_told_with_file_and_place(tmp_path: Path) -> None:
    reference = environment(tmp_path, '{"AccessPackages": [\n{"AccessPackageID": "x", "ADGroups": []}]}')

    with pytest.raises(ProvisionError) as caught:
        run(reference, "text")
    header, *lines = str(caught.value).splitlines()
    assert header == f"{tmp_path / 'm.json'} has 2 problems:"
    assert [line.removeprefix(f"{tmp_path / 'm.json'}:").split(": ")[0] for line in lines] == ["2:21", "2:38"]


def test_a_warning_about_the_environment_does_not_disturb_the_result(tmp_path: Path) -> None:
    reference = environment(tmp_path, (ROOT / "environments/sandbox.mapping.json").read_text(encoding="utf-8"))
    path = Path(reference)
    path.write_text(path.read_text(encoding="utf-8").replace("profile: public", "profile: china"), encoding="utf-8")

    code, out, err = run(reference, "json")

    assert code == 0
    assert json.loads(out)["access_packages"]
    assert err.startswith(f"warning: {path}:")


def test_modes_and_retired_groups_are_shown_where_there_are_any(tmp_path: Path) -> None:
    mapping = {
        "AccessPackages": [
            {"AccessPackageID": ONE, "ADGroups": ["A"], "Mode": "managed"},
            {"AccessPackageID": ONE.replace("7", "8"), "ADGroups": ["B"]},
        ],
        "RetiredGroups": ["C", "D"],
    }
    reference = environment(tmp_path, json.dumps(mapping))

    _, out, err = run(reference, "text")
    document = json.loads(run(reference, "json")[1])

    assert [line.split() for line in out.splitlines()][1:] == [
        [ONE, "managed", "A"],
        [ONE.replace("7", "8"), "as", "the", "environment", "B"],
        ["(retired)", "C,", "D"],
    ]
    assert err.strip().endswith("2 access packages, 2 AD groups, 2 retired groups, no problems")
    assert document["retired_groups"] == ["C", "D"]
    assert [package.get("mode") for package in document["access_packages"]] == ["managed", None]


def test_names_that_the_lock_file_does_not_pin_are_warned_of(tmp_path: Path) -> None:
    reference = environment(tmp_path, json.dumps({"AccessPackages": [{"AccessPackageID": ONE, "ADGroups": ["A"]}]}))
    path = Path(reference)
    text = path.read_text(encoding="utf-8").replace("file: m.json", "file: m.json\n  lock: x.lock.json")
    path.write_text(text, encoding="utf-8")
    (tmp_path / "x.lock.json").write_text('{"Groups": {}}', encoding="utf-8")

    code, _, err = run(reference, "text")

    assert code == 0
    assert f"warning: {tmp_path / 'x.lock.json'} does not pin group A, which the mapping names; `lockstep" in err


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_mapping_that_the_runbook_reads_elsewhere_has_nothing_deployed(tmp_path: Path, form: str) -> None:
    reference = environment(tmp_path, json.dumps({"AccessPackages": [{"AccessPackageID": ONE, "ADGroups": ["A"]}]}))
    path = Path(reference)
    text = path.read_text(encoding="utf-8").replace("source: environment", "source: worker\n  path: /m.json")
    path.write_text(text, encoding="utf-8")

    code, out, err = run(reference, form, deployed=True)

    assert code == 0
    assert "there is nothing deployed to compare with" in err
    assert form == "text" or json.loads(out)["deployed"] is None
