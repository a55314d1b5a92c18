"""The printed samba-tool commands, run by bash against a real domain controller."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ldap3
import pytest
from ldap3.utils.conv import escape_filter_chars

from provision.grant.delegation import samba
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.population import TEAMS, Account, Group, Population
from provision.sandbox.directory.samba import SambaDirectory
from runbook.mapping import parse_mapping
from tests.integration.conftest import Connect
from tests.sample import document, environment

NAMES = ("O'Brien's team", "Größe (Köln) #1 $HOME `id`", "#hash & rm -rf Co")
PLAIN = f"CN=Plain,{TEAMS}"
POPULATION = Population(
    (Account("ada", "Ada"),), tuple(Group(name, writable=False) for name in (*NAMES, "Plain", "Not mapped"))
)
PACKAGE = "12345678-1234-1234-1234-1234567890ab"

pytestmark = pytest.mark.samba


@pytest.fixture(scope="module")
def folder(samba: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - without Samba there is none
    return tmp_path_factory.mktemp("grant")


@pytest.fixture(scope="module")
def directory(folder: Path, certificates: CertificateAuthority) -> Iterator[SambaDirectory]:
    """A domain where the bind account may write nothing yet."""
    running = SambaDirectory(folder, certificates.server_certificate(), 0, POPULATION)
    running.start()
    yield running
    running.stop()


def written(directory: SambaDirectory, groups: tuple[str, ...]) -> str:
    bind = {"method": "simple", "user": directory.bind_user, "password": {"automation_variable": "ad-bind"}}
    entry = {"AccessPackageID": PACKAGE, "ADGroups": list(groups)}
    mapping = parse_mapping(json.dumps({"AccessPackages": [entry]}), "mapping.json")
    return samba(environment(directory={**document()["directory"], "bind": bind}), mapping, None)


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("ldbsearch") is None:
        pytest.skip("ldbsearch is not installed here (package ldb-tools)")
    places = {"SAM": str(folder / "private/sam.ldb"), "SMB_CONF_PATH": str(folder / "smb.conf")}
    return subprocess.run(
        ["/bin/bash", "-c", text],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def tried(bound: Any, name: str, changes: dict[str, Any]) -> str:
    assert bound.search(TEAMS, f"(sAMAccountName={escape_filter_chars(name)})", attributes=["objectSid"])
    bound.modify(bound.response[0]["dn"], changes)
    return str(bound.result["description"])


def test_the_bind_account_may_then_write_members_of_those_groups_and_nothing_else(
    directory: SambaDirectory, folder: Path, connect: Connect
) -> None:
    text = written(directory, (*NAMES, PLAIN))
    bound = connect(directory.url, directory.bind_user, directory.bind_password)
    assert bound.bind(), bound.result
    ada = {"member": [(ldap3.MODIFY_ADD, [f"<SID={directory.sid_of('ada')}>"])]}
    assert {tried(bound, name, ada) for name in (*NAMES, "Plain")} == {"insufficientAccessRights"}

    first, second = run(text, folder), run(text, folder)

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.count("write member: ") == 4
    assert second.returncode == 0
    assert {tried(bound, name, ada) for name in (*NAMES, "Plain")} == {"success"}
    assert tried(bound, "Not mapped", ada) == "insufficientAccessRights"
    described = {"description": [(ldap3.MODIFY_REPLACE, ["x"])]}
    assert {tried(bound, name, described) for name in NAMES} == {"insufficientAccessRights"}


def test_a_group_that_ad_does_not_have_ends_the_script_with_its_name(directory: SambaDirectory, folder: Path) -> None:
    done = run(written(directory, ("Nobody (here)",)), folder)

    assert done.returncode != 0
    assert r"AD does not have exactly one: (&(objectClass=group)(sAMAccountName=Nobody \28here\29))" in done.stderr
