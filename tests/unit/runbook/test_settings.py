from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from runbook.outcome import Failed
from runbook.secret import SecretSource
from runbook.settings import DirectoryServer, read_settings

WHOLE: dict[str, Any] = {
    "version": 1,
    "environment": "test",
    "tenant": "11111111-1111-4111-8111-111111111111",
    "graph": "https://graph.microsoft.com/",
    "graph_audience": "https://graph.microsoft.com",
    "mapping": {"source": "variable", "name": "map", "sha256": "ab"},
    "directory": {
        "servers": [
            {"url": "ldaps://dc1.corp.example:636", "certificate_name": "dc1.corp.example"},
            {"url": "ldap://10.0.0.2", "certificate_name": "dc2.corp.example"},
            {"url": "ldaps://dc3.corp.example"},
        ],
        "base": "DC=corp,DC=example",
        "domain": "CORP",
        "ca_file": None,
        "bind": {
            "method": "simple",
            "user": "u@corp",
            "password": {"key_vault": "https://kv.vault.azure.net/secrets/x"},
        },
    },
    "key_vault_audience": "https://vault.azure.net",
    "safety": {"protected_groups": ["CORP\\Payroll"], "protected_users": ["s-1-5-21-1-2-3-1104"]},
}


def changed(path: str, value: Any) -> str:
    """The whole settings with the value at a dotted path replaced; Ellipsis takes it away."""
    settings = copy.deepcopy(WHOLE)
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place: Any = settings
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(settings)


def test_whole_settings_are_read() -> None:
    settings = read_settings(json.dumps(WHOLE), "s")

    assert settings.graph == "https://graph.microsoft.com"
    assert settings.directory.servers == (
        DirectoryServer("dc1.corp.example", 636, start_tls=False, certificate_name="dc1.corp.example"),
        DirectoryServer("10.0.0.2", 389, start_tls=True, certificate_name="dc2.corp.example"),
        DirectoryServer("dc3.corp.example", 636, start_tls=False, certificate_name="dc3.corp.example"),
    )
    assert settings.directory.password == SecretSource("key_vault", "https://kv.vault.azure.net/secrets/x")
    assert settings.safety.protected_users == {"S-1-5-21-1-2-3-1104"}
    assert [name.key for name in settings.safety.protected_groups] == ["payroll"]
    assert settings.release == ""


def test_the_one_job_that_may_give_everything_back_is_read_in_lower_case() -> None:
    assert read_settings(changed("release", "ABABABAB-1212-4212-8212-121212121212"), "s").release.startswith("abab")
    assert read_settings(changed("release", None), "s").release == ""


def test_kerberos_needs_no_account() -> None:
    settings = read_settings(changed("directory.bind", {"method": "kerberos"}), "s")

    assert (settings.directory.bind, settings.directory.user, settings.directory.password) == ("kerberos", "", None)


@pytest.mark.parametrize(
    ("mapping", "fields"),
    [
        ({"source": "worker", "path": "/etc/map"}, {"path": "/etc/map"}),
        (
            {"source": "github", "api": "https://a", "repository": "o/r", "path": "m", "ref": "main", "token": None},
            {"api": "https://a", "repository": "o/r", "path": "m", "ref": "main"},
        ),
    ],
)
def test_each_mapping_source_brings_its_fields(mapping: dict[str, Any], fields: dict[str, str]) -> None:
    assert read_settings(changed("mapping", mapping), "s").mapping.fields == fields


def test_a_github_token_is_kept_elsewhere() -> None:
    mapping = {"source": "github", "api": "https://a", "repository": "o/r", "path": "m", "ref": "main"}
    source = read_settings(changed("mapping", {**mapping, "token": {"automation_variable": "gh"}}), "s").mapping

    assert source.token == SecretSource("automation_variable", "gh")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", 2, "another version"),
        ("environment", ..., "environment is missing"),
        ("graph", "http://graph.microsoft.com", "graph 'http://graph.microsoft.com' is not an address"),
        ("mapping", ..., "mapping: is not a JSON object"),
        ("mapping.source", "ftp", "'ftp' is not one of variable, worker, github"),
        ("mapping.sha256", ..., "sha256 is missing"),
        ("directory.servers", [], "names no server"),
        ("directory.servers.0.url", "http://dc1", "is not an address like ldaps://host"),
        ("directory.base", "", "base is empty"),
        ("directory.bind.method", "ntlm", "'ntlm' is not simple or kerberos"),
        ("directory.bind.user", ..., "user is missing"),
        ("directory.bind.password", {}, "exactly one of key_vault"),
        ("directory.bind.password", {"key_vault": "https://x", "automation_variable": "y"}, "exactly one of"),
        ("directory.bind.password", "hunter2", "password: is not a JSON object"),
        ("release", "any", "release 'any' is not a GUID"),
        ("release", True, "release is not a text"),
        ("safety", ..., "safety: is not a JSON object"),
        ("safety.protected_groups", ..., "protected_groups is missing"),
        ("safety.protected_groups", ["a*b"], "'*'"),
        ("safety.protected_users", ["ada"], "'ada' is not a SID"),
    ],
)
def test_each_fault_is_named_with_its_remedy(path: str, value: Any, message: str) -> None:
    with pytest.raises(Failed) as failure:
        read_settings(changed(path, value), "lockstep-test-settings")

    assert message in str(failure.value)
    assert str(failure.value).startswith("settings lockstep-test-settings: ")
    assert "lockstep apply" in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(Failed, match="not JSON"):
        read_settings("{", "s")
