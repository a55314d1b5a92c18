"""An environment file in which nearly every line is wrong, and services that nobody reaches, typed as a person does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from provision.sandbox.certificates import CertificateAuthority
from tests.end_to_end.scene import Scene

LINES: tuple[tuple[str, str, str], ...] = (
    ("name: Sand'box @{x}", "Sand", "does not fit: small letters, digits and hyphens"),
    ("colour: blue", "colour", 'unknown key "colour"; did you mean "cloud"?'),
    ('cloud: {arm: "https://h/@{x}"}', '"https', "cloud.arm: 'https://h/@{x}' does not fit: write https://host"),
    ("tenant: contoso.example", "contoso", "tenant: 'contoso.example' does not fit: a GUID has 32 hexadecimal digits"),
    ("subscription: 2222", "2222", "subscription: must be text, not a number (2222); put it in quotes"),
    ('resource_group: "rg\'@{x}"', '"rg', "resource_group: 'rg'@{x}' does not fit: a resource group has"),
    ("credential: {client_secret: hunter2hunter2}", "client_secret", "no secret belongs in this file; remove it"),
    ("automation:", "", ""),
    ("  account: aa,identity", "aa,", "automation.account: 'aa,identity' does not fit"),
    ('  hybrid_worker_group: "@{x}"', '"@{x}"', "automation.hybrid_worker_group: '@{x}' does not fit: letters, digits"),
    ("  runbook: lock/step", "lock/", "automation.runbook: 'lock/step' does not fit: letters, digits, _ and -"),
    ("  role: owner", "owner", "automation.role: 'owner' is not one of 'operator' or 'job_operator'"),
    ("catalogs:", "", ""),
    ("  - Finance", "", ""),
    ('  - {name: Engineering, logic_app: "la\'@{x}"}', '"la', "catalogs[1].logic_app: 'la'@{x}' does not fit"),
    ("  - {logic_app: la-sales}", "{logic", "catalogs[2]: needs one of id, name, and has none of them"),
    ("callout:", "", ""),
    ("  launch_and_wait_minutes: 15", "", ""),
    ("  poll_deadline: PT15M", "PT15M", "PT15M is not shorter than launch_and_wait_minutes (15 minutes)"),
    ("  poll_interval: 15 seconds", "15 s", "'15 seconds' is not a duration; write days, hours, minutes, seconds"),
    ("  stages: [granted]", "granted", "'granted' is not one of 'assignmentRequestGranted' or"),
    ("mapping:", "", ""),
    ("  source: github", "", ""),
    ("  repository: contoso identity", "contoso", "mapping.repository: 'contoso identity' does not fit: write OWNER"),
    ("  path: ../mapping.json", "../", "mapping.path: '../mapping.json' does not fit: write the path inside the"),
    ("  ref: a b", "a b", "mapping.ref: 'a b' does not fit: write a commit, a tag or a branch"),
    ("  token_variable: ghp_hunter2hunter2hunter2", "ghp", "the token itself has no place in this file"),
    ("  lock: 7", "7", "mapping.lock: must be text, not a number (7); put it in quotes"),
    ("directory:", "directory", 'key "servers" is missing in directory; write servers: [{'),
    ("  base: DC=lab,,DC=example", "DC=", "directory.base: is not a distinguished name"),
    ("  domain: LAB(1),x", "LAB", "directory.domain: 'LAB(1),x' does not fit: a NetBIOS name has at most 15"),
    ("  bind:", "", ""),
    ("    method: simple", "", ""),
    ("    user: x", "", ""),
    ("    password: 20072007", "2007", "directory.bind.password: must be a mapping of keys to values"),
    ("  wait_for_account: 2 minutes", "2 m", "directory.wait_for_account: '2 minutes' is not a duration; write days"),
    ("other_directories:", "", ""),
    ("  - servers: []", "[]", "other_directories[0].servers: is empty; list at least one"),
    ("    base: DC=emea", "", ""),
    ("    domain: EMEA", "", ""),
    ("    bind: {method: ntlm}", "ntlm", "other_directories[0].bind.method: 'ntlm' is not known; write one of"),
    ("    wait_for_account: PT1M", "wait", 'unknown key "wait_for_account" in other_directories[0]; known keys:'),
    ("safety:", "", ""),
    ("  mode: strict", "strict", "safety.mode: 'strict' is not one of 'additive', 'managed' or 'authoritative'"),
    ("  budgets: {run: {count: -1}}", "-1", "safety.budgets.run.count: must be a whole number of memberships, or"),
    ("  groups: [{group: VPN_Users}]", "{group", "safety.groups[0]: says nothing; write mode or minimum_members"),
    ("  distribution_groups: yes", "yes", "safety.distribution_groups: must be true or false, not 'yes'"),
    ("  protected_groups: ['Dom\"ain']", "'Dom", "which no AD account name can have"),
    ("  protected_users: [dora.admin]", "dora", "'dora.admin' does not fit: write a SID, S-1-5-21-..."),
    ("sweep:", "", ""),
    ("  schedule: 2:30", "2:30", "sweep.schedule: '2:30' does not fit: write hours and minutes as in 02:30 or 22:00"),
    ("  time_zone: Europe/Berln", "Europe", "is no time zone of the IANA list; did you mean Europe/Berlin?"),
    ("  time_limit: P2D", "P2D", "sweep.time_limit: PT48H is not allowed; write PT5M to PT24H"),
    ("audit: {file: audit.jsonl}", "audit.j", "audit.file: 'audit.jsonl' does not fit: write an absolute path"),
)
"""Every line of the file, what of it the message points at, and the words of the message where the line is wrong."""

AGAIN = "{servers: [{url: 'ldaps://d'}], base: DC=x, domain: lab, bind: {method: kerberos}}"
RELATIONS = (
    (("minutes: 15", "minutes: 4"), "minutes: 4 is not allowed; it must be at least 5"),
    (("minutes: 15", "minutes: 20161"), "minutes: 20161 is not allowed; it must be at most 20160"),
    (("poll_interval: PT15S", "poll_deadline: PT15M"), "PT15M is not shorter than launch_and_wait_minutes"),
    (("poll_interval: PT15S", "poll_count: 3"), "3 looks every PT15S end before the deadline of PT13M; write 52 or"),
    (
        ("wait_for_account: PT0S", "wait_for_account: PT13M"),
        "(PT13M) is not shorter than callout.poll_deadline (PT13M)",
    ),
    (
        ("safety:\n", f"other_directories:\n  - {AGAIN}\nsafety:\n"),
        "other_directories[0].domain: 'lab' is there already; remove one",
    ),
)


def test_everything_that_is_wrong_is_told_at_once_and_in_its_place(scene: Scene) -> None:
    scene.file.write_text("\n".join(line for line, _, _ in LINES) + "\n")
    wrong = [(n, line.index(at) + 1, words) for n, (line, at, words) in enumerate(LINES, 1) if words]

    done = scene.type("apply", "--yes")

    assert (done.code, done.out) == (1, "")
    header, *told = done.err.splitlines()
    assert header == f"error: {scene.file} has {len(wrong) + 1} problems:"
    assert told[0] == f'{scene.file}:1:1: key "location" is missing; write location: westeurope'
    for line, (number, column, words) in zip(told[1:], wrong, strict=True):
        assert line.startswith(f"{scene.file}:{number}:{column}: ")
        assert words in line
    assert [secret for secret in ("hunter2", "20072007") if secret in done.err] == []
    assert scene.sandbox.journal.exchanges() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", ":1:1: the file is empty; write an environment, as in environments/example.yaml"),
        (b"- name: sandbox\n", ":1:1: the file: must be a mapping of keys to values, not a list"),
        (b"name: [sandbox\n", "not YAML: "),
        (b"name: sandbox\nname: sandbox\n", ':2:1: key "name" is there twice; the first is in line 1: remove one'),
        (b"name: K\xf6ln\n", ":1:8: not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_environment_is_told_so(scene: Scene, content: bytes, says: str) -> None:
    scene.file.write_bytes(content)

    done = scene.type("plan")

    assert (done.code, done.out) == (1, "")
    assert says in done.err
    assert str(scene.file) in done.err


@pytest.mark.parametrize(("change", "says"), RELATIONS)
def test_times_that_do_not_fit_each_other_are_told(scene: Scene, change: tuple[str, str], says: str) -> None:
    scene.change(*change)

    done = scene.type("plan")

    assert (done.code, done.out) == (1, "")
    assert says in done.err
    assert scene.sandbox.journal.exchanges() == []


def test_services_that_nobody_reaches_are_named_with_what_to_check(scene: Scene, tmp_path: Path) -> None:
    """The SDKs try for some seconds, so all of these run beside each other."""
    nowhere, other = "https://127.0.0.1:1", CertificateAuthority(tmp_path).ca_file
    network = "Check the network, a proxy, and "
    cases = (
        (f"  arm: {scene.sandbox.url}", f"  arm: {nowhere}", f"Resource Manager at {nowhere} did not answer", network),
        (f"  graph: {scene.sandbox.url}", f"  graph: {nowhere}", f"Graph at {nowhere} did not answer", network),
        (f"  login: {scene.sandbox.url}", f"  login: {nowhere}", "No sign-in to tenant", f"{network}`login`"),
        (
            f"ca_file: {scene.sandbox.ca_file}\n\ntenant",
            f"ca_file: {other}\n\ntenant",
            "certificate verify failed",
            "If an authority of your own signs the certificate, name it with `ca_file` under `cloud`.",
        ),
    )
    running = [(_started(scene, tmp_path / f"{n}.yaml", old, new), words) for n, (old, new, *words) in enumerate(cases)]

    for process, words in running:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out) == (1, ""), err
        assert [word for word in words if word not in err] == [], err
    assert (scene.written(), scene.chain.leftovers()) == ([], [])


def _started(scene: Scene, file: Path, old: str, new: str) -> subprocess.Popen[str]:
    assert old in scene.environment
    mapping = scene.environment.replace("sandbox.mapping.json", str(scene.mapping_file))
    file.write_text(mapping.replace(old, new))
    return subprocess.Popen(
        [sys.executable, "-m", "provision", "apply", "--yes", "-e", str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
