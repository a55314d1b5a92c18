from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from provision.cloud import CHINA, PUBLIC, US_GOVERNMENT
from provision.environment import Environment, EnvironmentMapping, GitHubMapping, SimpleBind, WorkerMapping
from provision.environment.document import Place
from provision.environment.safety import Mode
from provision.errors import ProvisionError
from runbook.safety import MODES

ROOT = Path(__file__).resolve().parents[4]
SOUND = """\
name: contoso
tenant: AAAAAAAA-1111-4111-8111-111111111111
subscription: 22222222-2222-4222-8222-222222222222
resource_group: rg-identität_(eu).1
location: westeurope
automation:
  account: aa-identity
  hybrid_worker_group: Köln workers (1)
catalogs:
  - "Finance, 'EU' @{x} (ü)"
  - AAAAAAAA-3333-4333-8333-333333333333
  - {name: R&D, logic_app: la-rd}
mapping: {source: environment, file: m.json}
directory:
  servers: [{url: "ldaps://dc1.corp.example:636"}]
  base: OU=A\\, B,DC=corp,DC=example
  domain: CORP
  bind: {method: kerberos}
"""


def parsed(text: str = SOUND, folder: Path = Path("some/folder")) -> Environment:
    return Environment.parse(text, "some/folder/contoso.yaml", folder)


def test_what_is_left_out_has_the_documented_default() -> None:
    environment = parsed()

    assert environment.cloud == PUBLIC
    assert environment.credential.method == "azure_cli"
    assert environment.automation.runbook == "lockstep"
    assert environment.automation.runtime_environment == "Python-3.10"
    assert environment.automation.role == "operator"
    assert environment.callout.launch_and_wait_minutes == 15
    assert environment.callout.stages == ("assignmentRequestGranted", "assignmentRequestRemoved")
    assert environment.callout.on_failure == "hold"
    assert environment.directory.servers[0].certificate_name == "dc1.corp.example"
    assert environment.directory.wait_for_account == timedelta(minutes=2)
    assert environment.other_directories == ()
    assert (environment.safety.mode, environment.safety.protected_groups) == ("authoritative", ())
    assert (environment.sweep.schedule, environment.sweep.time_zone, environment.sweep.apply) == (None, "UTC", False)
    assert environment.sweep.time_limit == timedelta(hours=2)
    assert environment.audit.file is None
    assert environment.mapping.lock is None


def test_an_older_runbook_type_has_no_runtime_environment() -> None:
    text = SOUND.replace("  account:", "  runbook_type: Python3\n  account:")

    assert parsed(text).automation.runtime_environment is None


WAITS = [
    (5, timedelta(minutes=3), timedelta(seconds=15), 12),
    (15, timedelta(minutes=13), timedelta(seconds=15), 52),
    (60, timedelta(minutes=54), timedelta(seconds=15), 216),
    (20160, timedelta(hours=335), timedelta(seconds=242), 4984),
]


@pytest.mark.parametrize(("minutes", "deadline", "interval", "count"), WAITS)
def test_the_deadline_and_the_looks_follow_from_the_wait(
    minutes: int, deadline: timedelta, interval: timedelta, count: int
) -> None:
    callout = parsed(f"{SOUND}callout: {{launch_and_wait_minutes: {minutes}}}\n").callout

    assert (callout.poll_deadline, callout.poll_interval, callout.poll_count) == (deadline, interval, count)
    assert callout.poll_deadline <= callout.poll_count * callout.poll_interval
    assert callout.poll_deadline < timedelta(minutes=minutes)
    assert callout.poll_count <= 5000


def test_characters_that_the_services_allow_are_carried_as_they_are() -> None:
    environment = parsed()

    assert environment.resource_group == "rg-identität_(eu).1"
    assert environment.automation.hybrid_worker_group == "Köln workers (1)"
    assert environment.catalogs[0].name == "Finance, 'EU' @{x} (ü)"


def test_guids_are_lower_case_because_claims_are_compared_by_letter() -> None:
    environment = parsed()

    assert environment.tenant == "aaaaaaaa-1111-4111-8111-111111111111"
    assert environment.catalogs[1].id == "aaaaaaaa-3333-4333-8333-333333333333"


def test_a_catalog_goes_by_name_or_by_id() -> None:
    assert [(catalog.id, catalog.name, catalog.logic_app, catalog.label) for catalog in parsed().catalogs[1:]] == [
        ("aaaaaaaa-3333-4333-8333-333333333333", None, None, "aaaaaaaa-3333-4333-8333-333333333333"),
        (None, "R&D", "la-rd", "R&D"),
    ]


def test_nothing_changes_after_it_was_read() -> None:
    environment = parsed()

    with pytest.raises(ValidationError, match="frozen"):
        environment.name = "other"
    with pytest.raises(ValidationError, match="frozen"):
        environment.automation.account = "other"


def test_paths_start_at_the_file_and_know_the_home_folder() -> None:
    text = SOUND + "credential: {method: workload_identity, token_file: ~/token}\ncloud: {ca_file: /etc/ca.pem}\n"

    environment = parsed(text)

    assert isinstance(environment.mapping, EnvironmentMapping)
    assert environment.mapping.file == Path("some/folder/m.json")
    assert environment.credential.token_file == Path.home() / "token"
    assert environment.cloud.ca_file == Path("/etc/ca.pem")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("{source: environment, content: {AccessPackages: []}}", EnvironmentMapping),
        ("{source: worker, path: 'C:\\lockstep\\m.json', file: m.json}", WorkerMapping),
        ("{source: github, repository: contoso/id.repo, path: a b/m.json, ref: v1}", GitHubMapping),
    ],
)
def test_the_mapping_has_three_sources(written: str, kind: type) -> None:
    text = SOUND.replace("{source: environment, file: m.json}", written)

    assert isinstance(parsed(text).mapping, kind)


def test_other_addresses_keep_the_audiences_and_claims_of_their_cloud() -> None:
    cloud = parsed(f"{SOUND}cloud: {{profile: usgov, arm: 'https://127.0.0.1:18443'}}\n").cloud

    assert cloud.arm == "https://127.0.0.1:18443"
    assert cloud.own_endpoints
    assert cloud.graph == US_GOVERNMENT.graph
    assert cloud.pop_host == US_GOVERNMENT.pop_host
    assert cloud.arm_audience == US_GOVERNMENT.arm_audience


@pytest.mark.parametrize("name", ["usgov", "china"])
def test_a_cloud_without_a_documented_callback_is_warned_of_with_its_place(name: str) -> None:
    (warning,) = parsed(f"{SOUND}cloud: {name}\n").warnings()

    assert warning.startswith("some/folder/contoso.yaml:19:8: ")
    assert name in warning


def test_the_public_cloud_is_not_warned_of() -> None:
    assert parsed().warnings() == []


VAULT = SOUND.replace(
    "{method: kerberos}", "{method: simple, user: x, password: {key_vault: 'https://HOST/secrets/ad-bind'}}"
)


@pytest.mark.parametrize(
    ("host", "cloud"),
    [
        ("kv.vault.azure.net", "public"),
        ("kv.vault.azure.cn", "china"),
        ("kv.vault.usgovcloudapi.net", "usgov"),
        ("127.0.0.1:18443", "{arm: 'https://127.0.0.1:18443'}"),
    ],
)
def test_a_password_may_lie_in_a_key_vault_of_the_cloud(host: str, cloud: str) -> None:
    environment = parsed(f"{VAULT.replace('HOST', host)}cloud: {cloud}\n")

    assert isinstance(environment.directory.bind, SimpleBind)
    assert environment.directory.bind.password.key_vault == f"https://{host}/secrets/ad-bind"


@pytest.mark.parametrize(
    ("host", "cloud"),
    [
        ("kv.vault.azure.net", "china"),
        ("kv.vault.azure.net.evil.example", "public"),
        ("vault.azure.net", "public"),
        ("127.0.0.1:18443", "public"),
    ],
)
def test_a_host_that_is_no_key_vault_of_the_cloud_is_refused(host: str, cloud: str) -> None:
    with pytest.raises(ProvisionError, match=rf":18:57: directory.bind.password.key_vault: .* of the {cloud} cloud"):
        parsed(f"{VAULT.replace('HOST', host)}cloud: {cloud}\n")


def test_the_modes_are_those_of_the_runbook() -> None:
    assert get_args(Mode) == MODES


BUDGETS = [
    ("{}", ((500, 10, 50), (None, 25, 20), (None, None, 0))),
    ("{run: {count: 7}}", ((7, 10, 50), (None, 25, 20), (None, None, 0))),
    ("{run: {count: none, percent: none}}", ((None, None, 50), (None, 25, 20), (None, None, 0))),
    (
        "{group: {count: 0, percent: 100, minimum: 0}, user: {percent: 0}}",
        ((500, 10, 50), (0, 100, 0), (None, 0, 0)),
    ),
]


@pytest.mark.parametrize(("written", "expected"), BUDGETS)
def test_a_key_of_a_budget_that_is_left_out_keeps_its_default(written: str, expected: Any) -> None:
    budgets = parsed(f"{SOUND}safety: {{budgets: {written}}}\n").safety.budgets

    made = tuple((limit.count, limit.percent, limit.minimum) for limit in (budgets.run, budgets.group, budgets.user))
    assert made == expected


@pytest.mark.parametrize(
    "source",
    [
        "{source: environment, file: m.json, lock: contoso.lock.json}",
        "{source: worker, path: /m.json, file: m.json, lock: contoso.lock.json}",
        "{source: github, repository: a/b, path: m.json, ref: main, lock: contoso.lock.json}",
    ],
)
def test_a_lock_file_lies_beside_the_environment(source: str) -> None:
    text = SOUND.replace("{source: environment, file: m.json}", source)

    assert parsed(text).mapping.lock == Path("some/folder/contoso.lock.json")


def test_a_wait_may_be_as_long_as_everybody_waits_for_the_job() -> None:
    text = SOUND.replace("  domain: CORP", "  domain: CORP\n  wait_for_account: PT12M59S")

    assert parsed(text).directory.wait_for_account == timedelta(minutes=12, seconds=59)


def test_a_value_can_be_pointed_at_later() -> None:
    environment = parsed()

    assert environment.where("catalogs", 1) == "some/folder/contoso.yaml:11:5"
    assert environment.place("catalogs", 2, "logic_app", key=True) == Place(12, 17)


LEFT_OUT = ("callout", "lifecycle_workflows", "safety", "sweep")


def test_an_environment_without_a_file_points_at_its_beginning() -> None:
    written_otherwise: dict[str, Any] = {"directory": {"wait_for_account"}, **dict.fromkeys(LEFT_OUT, True)}
    environment = Environment.model_validate(parsed().model_dump(by_alias=True, exclude=written_otherwise))

    assert environment.where("catalogs") == "environment:1:1"


@pytest.mark.parametrize("name", ["sandbox", "example"])
def test_the_packaged_environments_are_sound(name: str) -> None:
    assert Environment.load(name, ROOT / "environments").warnings() == []


def test_the_example_shows_every_key() -> None:
    text = (ROOT / "environments/example.yaml").read_text(encoding="utf-8")
    schema = Environment.model_json_schema()
    keys = {key for section in (schema, *schema["$defs"].values()) for key in section.get("properties", {})}

    assert [key for key in sorted(keys) if f"{key}:" not in text] == ["$schema"]


def test_clouds_differ_in_everything_that_belongs_to_a_cloud() -> None:
    assert CHINA.issuer("t") == "https://sts.chinacloudapi.cn/t/"
    assert parsed(f"{SOUND}cloud: china\n").cloud == CHINA
