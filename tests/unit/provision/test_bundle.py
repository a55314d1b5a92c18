from __future__ import annotations

import ast
import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from provision.amalgamation import LATER_NAME
from provision.bundle import Bundle, bundle
from runbook.outcome import MARK

ROOT = Path(__file__).parents[3]
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.fixture(scope="module")
def made() -> Bundle:
    return bundle()


def interpreter(version: str) -> str:
    """A Python of that version on this machine, without the packages of the one that runs the tests."""
    beside = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/python{version}"))
    on_path = shutil.which(f"python{version}")
    found = [Path(sys.base_prefix) / "bin" / f"python{version}", *beside, *([Path(on_path)] if on_path else [])]
    for candidate in found:
        command = [str(candidate), "-I", "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        if candidate.exists() and subprocess.run(command, capture_output=True, text=True, check=False).stdout:
            return str(candidate)
    pytest.skip(f"no Python {version} on this machine")


def archive(made: Bundle) -> zipfile.ZipFile:
    packed = re.search(r'_LIBRARIES_ZIP = """\n(.*?)\n"""', made.text, re.DOTALL)
    assert packed
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(packed[1])))


def test_the_same_sources_make_the_same_file(made: Bundle) -> None:
    assert bundle() == made


def test_the_digests_are_those_of_the_text(made: Bundle) -> None:
    assert made.sha256 == hashlib.sha256(made.text.encode()).hexdigest()
    ours = made.text[made.text.index("from __future__") : made.text.index(f"\n\n# {'=' * 98}\n# Libraries: ")]
    (stated,) = re.findall(r"^# sha256 of the modules: ([0-9a-f]{64})$", made.text, re.MULTILINE)
    assert stated == hashlib.sha256(ours.encode()).hexdigest()


def test_it_is_ascii_and_fits_into_a_runbook(made: Bundle) -> None:
    assert made.text.isascii()
    assert len(made.text) < 1_000_000
    assert made.name.endswith(".py")


def test_it_is_written_in_the_python_of_azure_automation(made: Bundle) -> None:
    tree = ast.parse(made.text, feature_version=(3, 10))
    ast.parse(later_modules(tree), feature_version=(3, 10))


def later_modules(tree: ast.Module) -> str:
    """The text of the modules that are compiled only when a job needs them."""
    (literal,) = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == LATER_NAME
        if isinstance(node.value, ast.Constant)
    ]
    return str(literal)


def test_a_callout_compiles_nothing_of_checks_and_releases(made: Bundle) -> None:
    tree = ast.parse(made.text)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    rare = {node.name for node in ast.parse(later_modules(tree)).body if isinstance(node, ast.FunctionDef)}

    assert {"check", "release", "holdings", "inspect_directory"} <= rare
    assert "main" in functions
    assert functions & rare == set()


def test_it_imports_nothing_of_ours_and_nothing_that_must_be_installed(made: Bundle) -> None:
    tree = ast.parse(made.text)
    tree.body += ast.parse(later_modules(tree)).body
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    foreign = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert foreign == {"automationassets"}
    assert "from runbook" not in made.text
    assert "import runbook" not in made.text


def test_every_module_is_in_it_as_it_is_in_the_source(made: Bundle) -> None:
    for file in sorted((ROOT / "runbook").glob("*.py")):
        body = file.read_text().split("\n\n\n", 1)[-1] if file.name != "__init__.py" else ""
        assert body in made.text, file.name


def test_the_contents_name_the_lines_where_modules_begin(made: Bundle) -> None:
    lines = made.text.splitlines()
    contents = re.findall(r"^#   line +(\d+)  (\w+\.py): \S", made.text, re.MULTILINE)

    assert len(contents) == len(list((ROOT / "runbook").glob("*.py"))) - 1
    assert [lines[int(line) - 1] for line, _ in contents] == [f"# {name}" for _, name in contents]


def test_the_libraries_are_those_installed_whole_but_for_what_is_said_to_be_left_out(made: Bundle) -> None:
    with archive(made) as packed:
        names = set(packed.namelist())
        for library in ("ldap3", "pyasn1"):
            files = [path for path in distribution(library).files or () if path.suffix == ".py"]
            expected = {path.as_posix() for path in files if "protocol/schemas" not in path.as_posix()}
            assert {name for name in names if name.startswith(f"{library}/")} == expected
            assert all(packed.read(path.as_posix()) == path.read_binary() for path in files if path.as_posix() in names)
        assert {name.rpartition("/")[2] for name in names if ".dist-info/" in name} == {
            "LICENSE.txt",
            "COPYING.txt",
            "COPYING.LESSER.txt",
            "LICENSE.rst",
        }


@pytest.mark.parametrize("version", PYTHONS)
def test_it_runs_alone_with_nothing_installed(made: Bundle, version: str, tmp_path: Path) -> None:
    script = tmp_path / "renamed by the worker.py"
    script.write_text(made.text, newline="\n")

    command = [interpreter(version), "-I", "-W", "error", str(script), "b64.e30="]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "")
    result = json.loads(done.stdout.splitlines()[-1].removeprefix(MARK))
    assert result["outcome"] == "refused"


@pytest.mark.parametrize("version", PYTHONS)
def test_the_embedded_libraries_can_all_be_loaded(made: Bundle, version: str, tmp_path: Path) -> None:
    script = tmp_path / "lockstep.py"
    script.write_text(made.text, newline="\n")
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1], run_name='loaded'); import ldap3, ldap3.utils.tls_backport;"
        "assert ldap3.__version__ == '2.9.1', ldap3.__version__; print(ldap3.__spec__.origin)"
    )
    command = [interpreter(version), "-I", "-c", code, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.startswith("<embedded>/ldap3/__init__.py"), done.stderr
