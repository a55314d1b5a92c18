"""The commands for AD: every name a mapping can hold arrives as one word, and nothing in it is a command."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.environment import Environment
from provision.grant.delegation import mapped_groups, samba, windows
from provision.grant.quoting import bash, comment, ldap_value, native_dn, powershell
from runbook.distinguished_name import canonical_dn
from runbook.group_name import GroupNameInvalid, parse_group_name
from runbook.mapping import Mapping, parse_mapping
from tests.sample import document, environment

PACKAGE = "12345678-1234-1234-1234-1234567890ab"
GUID = "0A1B2C3D-1111-4222-8333-444455556666"
SID = "S-1-5-21-1-2-3-1104"
NAMES = (
    "O'Brien's team",
    "Größe (Köln) #1",
    "#hash & more",
    "$HOME `id` $(id)",
    "it\u2019s no",
    "-Recurse",
    "100% {x} !y",
)
DNS = (
    "CN=Finance\\, Ledger,OU=Groups,DC=corp,DC=example",
    'CN=the \\"old\\" ones,DC=corp,DC=example',
    "CN=a/b \\#x,DC=corp,DC=example",
    "CN=O'Brien \\+ \\<x\\>,DC=corp,DC=example",
)


def mapping(*groups: str) -> Mapping:
    return parse_mapping(
        json.dumps({"AccessPackages": [{"AccessPackageID": PACKAGE, "ADGroups": list(groups)}]}), "mapping.json"
    )


def bound(user: str | None) -> Environment:
    key = {"key_vault": "https://kv-identity.vault.azure.net/secrets/ad-bind"}
    bind = {"method": "simple", "user": user, "password": key} if user else {"method": "kerberos"}
    return environment(directory={**document()["directory"], "bind": bind})


def read_powershell(text: str) -> str:
    """What PowerShell makes of the first string in single quotes: any two single quotes in a row are one."""
    quotes = "'\u2018\u2019\u201a\u201b"
    value, place = "", text.index("'") + 1
    while True:
        letter = text[place]
        if letter in quotes:
            if text[place + 1 : place + 2] not in quotes or place + 1 == len(text):
                return value
            place += 1
        value += letter
        place += 1


def calls(text: str, folder: Path) -> list[str]:
    """The words that samba-tool is given for each group, by bash itself."""
    for name, body in (
        ("samba-tool", 'printf "%s\\0" "$@" >> "$LOG"'),
        ("ldbsearch", 'printf "%s\\0" "$3" >> "$LOG"; echo "objectSid: S-1-5-21-1-2-3-4"'),
    ):
        (folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (folder / name).chmod(0o755)
    environ = {"PATH": f"{folder}:/usr/bin:/bin", "LOG": str(folder / "log"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["/bin/bash", "-c", text], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return (folder / "log").read_text(encoding="utf-8").split("\0")


def test_on_samba_every_name_arrives_whole(tmp_path: Path) -> None:
    words = calls(samba(bound("svc@corp.example"), mapping(*NAMES, *DNS, SID, GUID, "CORP\\Sales"), None), tmp_path)

    for name in NAMES:
        assert f"(&(objectClass=group)(sAMAccountName={ldap_value(name)}))" in words
    for dn in DNS:
        assert f"--objectdn={dn}" in words
    assert {f"--objectdn=<SID={SID}>", f"--objectdn=<GUID={GUID.lower()}>"} <= set(words)
    assert "(&(objectClass=group)(sAMAccountName=Sales))" in words
    aces = {word for word in words if word.startswith("--sddl=")}
    assert aces == {"--sddl=(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;S-1-5-21-1-2-3-4)"}


def test_on_samba_a_name_that_is_not_found_once_stops_the_script(tmp_path: Path) -> None:
    (tmp_path / "ldbsearch").write_text("#!/bin/bash\nexit 0\n")
    (tmp_path / "ldbsearch").chmod(0o755)
    text = samba(bound("svc@corp.example"), mapping("Readers"), None)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    done = subprocess.run(
        ["/bin/bash", "-c", text], env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode != 0
    assert "AD does not have exactly one: (userPrincipalName=svc@corp.example)" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_on_windows_a_name_is_one_string(name: str) -> None:
    line = windows(bound("svc@corp.example"), mapping(name), None).splitlines()[-1]

    assert line.startswith("Grant-Member (Find-Group '")
    assert read_powershell(line) == name
    assert line.endswith(f")  # access package {PACKAGE}")


@pytest.mark.parametrize("dn", DNS)
def test_on_windows_a_distinguished_name_goes_to_dsacls_in_a_spelling_that_survives(dn: str) -> None:
    line = windows(bound("svc@corp.example"), mapping(dn), None).splitlines()[-1]
    written = read_powershell(line)

    assert '"' not in written
    assert "/" not in written
    assert canonical_dn(written) == canonical_dn(dn)


def test_on_windows_other_forms_are_looked_up_too() -> None:
    text = windows(bound("svc@corp.example"), mapping(SID, f"{{{GUID}}}", "corp\\Sales", "OTHER\\Sales"), None)

    assert f"Find-Group '{SID}')" in text
    assert f"Find-Group '{GUID}')" in text
    assert "Find-Group 'Sales')" in text
    assert "Find-Group 'Sales' @{Server = 'OTHER'})" in text


@pytest.mark.parametrize(
    ("user", "given_account", "on_windows", "on_samba"),
    [
        ("svc@corp.example", None, "$account = 'svc@corp.example'", "(userPrincipalName=svc@corp.example)"),
        (
            "CN=O'Svc,DC=corp,DC=example",
            None,
            "'CORP\\' + (Get-ADObject -Identity 'CN=O''Svc",
            "(distinguishedName=CN=",
        ),
        (None, "CORP\\WORKER1$", "$account = 'CORP\\WORKER1$'", "'(sAMAccountName=WORKER1$)'"),
        (None, None, "throw 'Set $account first", "${BIND:?set it to the name"),
    ],
)
def test_the_bind_account_is_the_environments_or_the_one_given(
    user: str | None, given_account: str | None, on_windows: str, on_samba: str
) -> None:
    assert on_windows in windows(bound(user), mapping("Readers"), given_account)
    assert on_samba in samba(bound(user), mapping("Readers"), given_account)


def test_a_group_of_two_packages_is_named_once_with_both() -> None:
    other = PACKAGE.replace("1234", "9999", 1)
    entries = [{"AccessPackageID": each, "ADGroups": ["Readers", "READERS2"]} for each in (PACKAGE, other)]
    found = mapped_groups(parse_mapping(json.dumps({"AccessPackages": entries}), "m"))

    assert [group.packages for group in found] == [(PACKAGE, other)] * 2


@given(st.text(min_size=1))
def test_quoting_gives_back_what_it_was_given(text: str) -> None:
    assert read_powershell(powershell(text) + " ") == text
    assert "\n" not in comment(text)
    assert not re.search(r"[()*\x00]", ldap_value(text))


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=40))
def test_whatever_names_a_group_starts_no_command(name: str) -> None:
    try:
        group = parse_group_name(name)
    except GroupNameInvalid:
        return
    lines = _lines(group.text)

    assert lines[-1].startswith("Grant-Member ")
    assert len(lines) == len(_lines("Readers"))


def _lines(group: str) -> list[str]:
    """The script as PowerShell divides it: U+0085 and the like are blanks there."""
    return re.split(r"\r\n|\r|\n", windows(bound("svc@corp.example"), mapping(group), None).rstrip("\n"))


def test_bash_reads_what_was_quoted() -> None:
    for text in (*NAMES, *DNS, "a\nb", "\\", "'"):
        done = subprocess.run(
            ["/bin/bash", "-c", f"printf %s {bash(text)}"], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout == text


@pytest.mark.parametrize("dn", ["CN=a\\\\/b,DC=x", 'CN=a\\\\\\"b,DC=x', "CN=a\\/b,DC=x"])
def test_an_escaped_backslash_stays_one(dn: str) -> None:
    assert canonical_dn(native_dn(dn)) == canonical_dn(dn)
