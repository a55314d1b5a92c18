from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from provision.kinds.settings import settings
from runbook.group_name import parse_group_name
from runbook.safety import Budgets, GroupRule, Limit, Safety
from runbook.settings import read_settings
from tests.sample import environment

ONE = "12345678-1234-1234-1234-123456789001"
VAULT = "https://kv-identity.vault.azure.net/secrets"
DIRECTORY = {
    "servers": [{"url": "ldaps://dc1.corp.example:636"}, {"url": "ldap://dc2.corp.example", "certificate_name": "dc"}],
    "base": "DC=corp,DC=example",
    "domain": "CORP",
    "ca_file": "/etc/lockstep/ca.pem",
    "bind": {"method": "simple", "user": "svc@corp.example", "password": {"key_vault": f"{VAULT}/ad-bind"}},
}


def test_the_settings_say_what_the_job_needs_and_name_secrets_only() -> None:
    safety = {"protected_groups": ["Domain Admins"], "protected_users": ["S-1-5-21-1-2-3-500"]}

    made = settings(environment(directory=DIRECTORY, safety=safety), "mapping text", {"Group_A": ONE})

    assert made == {
        "version": 1,
        "environment": "test",
        "tenant": "11111111-1111-4111-8111-111111111111",
        "graph": "https://graph.microsoft.com",
        "graph_audience": "https://graph.microsoft.com",
        "key_vault_audience": "https://vault.azure.net",
        "mapping": {
            "source": "variable",
            "name": "lockstep-test-mapping",
            "sha256": hashlib.sha256(b"mapping text").hexdigest(),
        },
        "directory": {
            "servers": [
                {"url": "ldaps://dc1.corp.example:636", "certificate_name": "dc1.corp.example"},
                {"url": "ldap://dc2.corp.example", "certificate_name": "dc"},
            ],
            "base": "DC=corp,DC=example",
            "domain": "CORP",
            "ca_file": "/etc/lockstep/ca.pem",
            "bind": {"method": "simple", "user": "svc@corp.example", "password": {"key_vault": f"{VAULT}/ad-bind"}},
        },
        "other_directories": [],
        "account_wait": 120,
        "safety": {
            "mode": "authoritative",
            "budgets": {
                "run": {"count": 500, "percent": 10, "minimum": 50},
                "group": {"count": None, "percent": 25, "minimum": 20},
                "user": {"count": None, "percent": None, "minimum": 0},
            },
            "groups": [],
            "distribution_groups": False,
            **safety,
            "locks": [{"group": "Group_A", "guid": ONE}],
        },
        "scheduled_sweep": False,
        "audit_file": "",
    }


def test_everything_about_safety_and_sweeps_is_read_by_the_runbook_as_it_was_written() -> None:
    other = {**DIRECTORY, "base": "DC=emea,DC=corp,DC=example", "domain": "EMEA", "bind": {"method": "kerberos"}}
    safety = {
        "mode": "managed",
        "budgets": {"run": {"count": 7}, "group": {"percent": "none"}, "user": {"count": 0, "percent": 50}},
        "groups": [{"group": "VPN_Users", "mode": "additive"}, {"group": "CORP\\X", "minimum_members": 3}],
        "distribution_groups": True,
        "protected_users": ["s-1-5-21-1-2-3-500"],
    }
    made = settings(
        environment(
            directory={**DIRECTORY, "wait_for_account": "PT1M30S"},
            other_directories=[other],
            safety=safety,
            sweep={"schedule": "02:30", "apply": True},
            audit={"file": "/var/log/lockstep/audit.jsonl"},
        ),
        "x",
        {"One": ONE},
    )

    read = read_settings(json.dumps(made), "settings")

    assert (read.account_wait, read.scheduled_sweep, read.audit_file) == (90, True, "/var/log/lockstep/audit.jsonl")
    assert [(each.domain, each.bind) for each in read.directories] == [("CORP", "simple"), ("EMEA", "kerberos")]
    assert (read.safety.mode, read.safety.distribution_groups) == ("managed", True)
    assert read.safety.budgets == Budgets(Limit(7, 10, 50), Limit(None, None, 20), Limit(0, 50, 0))
    assert read.safety.rules == (
        GroupRule(parse_group_name("VPN_Users"), "additive"),
        GroupRule(parse_group_name("CORP\\X"), least=3),
    )
    assert read.safety.protected_users == {"S-1-5-21-1-2-3-500"}
    assert read.safety.locks == ((parse_group_name("One"), ONE),)


def test_what_is_left_out_is_the_runbooks_own_default() -> None:
    read = read_settings(json.dumps(settings(environment(), "x", {})), "settings")

    assert read.safety == Safety()
    assert (read.account_wait, read.scheduled_sweep, read.audit_file, read.over_budget) == (120, False, "", "")


@pytest.mark.parametrize("sweep", [{"apply": True}, {"schedule": "02:30"}])
def test_only_a_schedule_that_may_write_lets_a_sweep_write_unasked(sweep: dict[str, Any]) -> None:
    assert settings(environment(sweep=sweep), "x", {})["scheduled_sweep"] is False


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"source": "worker", "path": "/etc/lockstep/mapping.json", "file": "mapping.json"},
            {"source": "worker", "path": "/etc/lockstep/mapping.json"},
        ),
        (
            {"source": "github", "repository": "contoso/identity", "path": "mapping.json", "ref": "v1"},
            {
                "source": "github",
                "api": "https://api.github.com",
                "repository": "contoso/identity",
                "path": "mapping.json",
                "ref": "v1",
                "token": None,
            },
        ),
        (
            {
                "source": "github",
                "repository": "contoso/identity",
                "path": "mapping.json",
                "ref": "v1",
                "token_variable": "GITHUB_TOKEN",
                "token": {"key_vault": f"{VAULT}/github"},
            },
            {
                "source": "github",
                "api": "https://api.github.com",
                "repository": "contoso/identity",
                "path": "mapping.json",
                "ref": "v1",
                "token": {"key_vault": f"{VAULT}/github"},
            },
        ),
    ],
    ids=["worker", "public repository", "private repository"],
)
def test_the_mappings_source_is_told_as_the_runbook_reads_it(source: dict[str, Any], expected: dict[str, Any]) -> None:
    made = settings(environment(mapping=source), None, {})

    assert made["mapping"] == expected
    assert read_settings(json.dumps(made), "settings").mapping.source == source["source"]


@pytest.mark.parametrize(
    "bind",
    [
        {"method": "kerberos"},
        {"method": "simple", "user": "svc", "password": {"automation_credential": "ad"}},
        {"method": "simple", "user": "svc", "password": {"automation_variable": "ad"}},
        {"method": "simple", "user": "svc", "password": {"key_vault": f"{VAULT}/ad-bind"}},
    ],
)
def test_the_runbook_reads_every_way_to_bind(bind: dict[str, Any]) -> None:
    made = settings(environment(directory={**DIRECTORY, "bind": bind}), "x", {})

    assert made["directory"]["bind"] == bind
    assert read_settings(json.dumps(made), "settings").directory.bind == bind["method"]


def test_addresses_and_audiences_are_those_of_the_cloud() -> None:
    made = settings(environment(cloud="china"), "x", {})

    assert (made["graph"], made["key_vault_audience"]) == (
        "https://microsoftgraph.chinacloudapi.cn",
        "https://vault.azure.cn",
    )
