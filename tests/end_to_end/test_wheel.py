"""The wheel, installed alone into an empty environment: everything declared, templates and runbook inside."""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import provision
import runbook

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_SCRIPT = "directory.samba_domain"
"""Runs under the system's Python, beside the modules that Debian's Samba brings; nothing imports it."""


def _uv() -> str:
    uv = ROOT / ".uv/bin/uv"
    found = str(uv) if uv.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("uv is not installed (`make setup` installs it): the wheel cannot be built")
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and its locked dependencies, nothing else."""
    uv, folder = _uv(), tmp_path_factory.mktemp("wheel")
    quiet = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}}

    def run(*arguments: str) -> None:
        done = subprocess.run(
            [uv, "--quiet", *arguments], cwd=ROOT, env=quiet, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    run("build", "--wheel", "--out-dir", str(folder))
    run("export", "--locked", "--no-dev", "--no-emit-project", "--output-file", str(folder / "locked.txt"))
    run("venv", "--python", sys.executable, str(folder / "venv"))
    python = str(folder / "venv/bin/python")
    run("pip", "install", "--python", python, "--require-hashes", "-r", str(folder / "locked.txt"))
    run("pip", "install", "--python", python, "--no-deps", str(next(folder.glob("*.whl"))))
    return folder / "venv/bin"


def _run(installed: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed / command[0]), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _modules() -> list[str]:
    return [
        module.name
        for package in (provision, runbook)
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        if not module.name.endswith(("__main__", SYSTEM_SCRIPT))
    ]


def test_every_module_imports_with_only_the_declared_dependencies(installed: Path, tmp_path: Path) -> None:
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"

    done = _run(
        installed, tmp_path, "python", "-c", code, *_modules(), "azure.mgmt.logic", "azure.mgmt.automation", "msgraph"
    )

    assert done.returncode == 0, done.stderr


def test_the_bundle_is_the_same_as_in_the_checkout(installed: Path, tmp_path: Path) -> None:
    here = subprocess.run(
        [sys.executable, "-m", "provision", "bundle"], cwd=ROOT, capture_output=True, check=True
    ).stdout

    there = _run(installed, tmp_path, "lockstep", "bundle")

    assert there.returncode == 0, there.stderr
    assert there.stdout.encode() == here


def test_packaged_environment_mapping_and_templates_are_found_outside_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    check = _run(installed, tmp_path, "lockstep", "mapping", "check", "-e", "sandbox", "--json")
    schema = _run(installed, tmp_path, "lockstep", "schema", "environment")
    template = _run(
        installed,
        tmp_path,
        "python",
        "-c",
        "from provision import assets; print(assets.path('templates/entitlement.json.j2').exists())",
    )

    assert check.returncode == 0, check.stderr
    assert len(json.loads(check.stdout)["access_packages"]) == 4
    assert json.loads(schema.stdout)["type"] == "object"
    assert template.stdout.strip() == "True"
