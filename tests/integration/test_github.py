"""The mapping from GitHub over real TLS: the sandbox's contents API, with the sandbox's own authority."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision import assets
from provision.environment import GitHubMapping
from provision.errors import ProvisionError
from provision.github import fetch

if TYPE_CHECKING:
    from provision.sandbox.sandbox import Sandbox


def source(api: str, ref: str = "main") -> GitHubMapping:
    values = {"source": "github", "repository": "contoso/identity", "path": "mapping.json", "ref": ref, "api": api}
    return GitHubMapping.model_validate(values)


def test_the_file_arrives_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    text = fetch(source(sandbox.url), tmp_path / "sandbox/ca.pem", {})

    assert text.split() == (assets.path("environments") / "sandbox.mapping.json").read_text(encoding="utf-8").split()


def test_a_ref_that_is_not_there_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match="no such repository, path or ref"):
        fetch(source(sandbox.url, "v9"), tmp_path / "sandbox/ca.pem", {})


def test_an_authority_that_nobody_trusts_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ProvisionError, match=r"cannot be reached: .*certificate verify failed"):
        fetch(source(sandbox.url), None, {})
