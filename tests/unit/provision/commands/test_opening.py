from __future__ import annotations

from pathlib import Path

import pytest

from provision import assets
from provision.commands.opening import refuse_stopped_sandbox
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.sandbox.state import VARIABLE


def _sandbox() -> Environment:
    return Environment.load(str(assets.path("environments/sandbox.yaml")))


def test_a_sandbox_that_nobody_started_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)

    with pytest.raises(ProvisionError, match="the sandbox is not running; start it with `lockstep sandbox up`"):
        refuse_stopped_sandbox(_sandbox())


def test_an_environment_with_other_certificates_is_none_of_its_business(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = _sandbox()
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    refuse_stopped_sandbox(environment)
