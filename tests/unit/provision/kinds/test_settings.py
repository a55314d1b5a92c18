from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from provision.kinds.settings import settings
from runbook.settings import read_settings
from tests.sample import environment

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

    made = settings(environment(directory=DIRECTORY, safety=safety), "mapping text")

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
        "safety": safety,
    }


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
    made = settings(environment(mapping=source), None)

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
    made = settings(environment(directory={**DIRECTORY, "bind": bind}), "x")

    assert made["directory"]["bind"] == bind
    assert read_settings(json.dumps(made), "settings").directory.bind == bind["method"]


def test_addresses_and_audiences_are_those_of_the_cloud() -> None:
    made = settings(environment(cloud="china"), "x")

    assert (made["graph"], made["key_vault_audience"]) == (
        "https://microsoftgraph.chinacloudapi.cn",
        "https://vault.azure.cn",
    )
