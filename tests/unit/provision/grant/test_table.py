"""The page about permissions and the table that `grant` works from say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision.grant.standing import NAMES, items
from provision.grant.table import (
    AZURE_ROLES,
    LIFECYCLE,
    TABLE,
    VAULT_BIND,
    VAULT_GITHUB,
    WIDER,
    Grant,
    needed,
    secrets,
)
from tests.sample import document, environment
from tests.unit.provision.grant.test_reading import SECRET, with_secret

PAGE = Path(__file__).resolve().parents[4] / "docs/permissions.md"
SECTIONS = {
    "deployer": "## Who deploys",
    "Logic App": "## The Logic App's identity",
    "runbook": "## The runbook's identity",
    "bind account": "## The bind account in AD",
    "administrator": "## Who gives all this",
}


def row(grant: Grant) -> str:
    permission = f"`{grant.permission}`" if grant.permission.endswith(".All") else grant.permission
    return f"| {grant.operation} | {permission} | {grant.scope} | {grant.why} | {grant.when} | {grant.by} |"


@pytest.mark.parametrize("holder", SECTIONS)
def test_the_page_shows_the_very_table(holder: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index(SECTIONS[holder]) :].split("\n## ", 1)[0]
    shown = re.findall(r"^\| .*$", section, re.MULTILINE)

    assert shown == [
        "| operation | permission | scope | why | when | given by |",
        *(row(grant) for grant in TABLE if grant.holder == holder),
    ]


def test_every_row_is_of_a_holder_that_the_page_has() -> None:
    assert {grant.holder for grant in TABLE} == set(SECTIONS)


def test_what_an_administrator_gives_to_identities_is_a_role_of_azure_or_a_permission_of_graph() -> None:
    given = [grant.permission for grant in TABLE if grant.by == "you" and grant.holder in NAMES]

    assert all(name in AZURE_ROLES or re.fullmatch(r"[A-Za-z-]+\.(Read|ReadWrite)\.All", name) for name in given)
    assert set(WIDER) <= set(given)
    assert {wider for name in AZURE_ROLES for wider in WIDER.get(name, ())} <= set(AZURE_ROLES)


def test_only_what_the_environment_needs_is_asked_for() -> None:
    plain, whole = needed(environment()), needed(with_secret())

    assert {grant.when for grant in plain} == {"always"}
    assert {grant.when for grant in whole} == {"always", LIFECYCLE, VAULT_BIND}


def test_each_secret_is_asked_for_by_what_it_is() -> None:
    github = {"source": "github", "repository": "o/r", "path": "m.json", "ref": "main", "token": {"key_vault": SECRET}}
    bind = {"method": "simple", "user": "svc", "password": {"key_vault": SECRET}}
    variable = {"method": "simple", "user": "svc", "password": {"automation_variable": "ad-bind"}}
    directory = document()["directory"]

    both = environment(mapping=github, directory={**directory, "bind": bind})
    token = environment(mapping=github)

    assert secrets(both) == {VAULT_BIND: SECRET, VAULT_GITHUB: SECRET}
    assert secrets(environment(directory={**directory, "bind": variable})) == {}
    assert secrets(environment()) == {}
    assert [item.operations for item in items(token, {}) if item.secret] == [
        ("read the token for GitHub, where the mapping is",)
    ]
    assert [item.operations for item in items(both, {}) if item.secret] == [
        ("read the bind password", "read the token for GitHub, where the mapping is")
    ]
