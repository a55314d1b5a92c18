from __future__ import annotations

import stat
from pathlib import Path

import pytest

from provision.bug_report import redacted, summary, text, write

LEAKS = [
    ("Authorization: Bearer eyJhbGciOi.abc-DEF_1", "eyJhbGciOi"),
    ("authorization='PoP abcdefgh12345678'", "abcdefgh"),
    ("token eyJ0eXAiOiJKV1Qi.eyJh.sig_1", "eyJh"),
    ("https://x/y?sp=1&sig=AbC%2F123&sv=1", "AbC"),
    ("https://x/y?code=AbC123", "AbC123"),
    ('{"client_secret": "hunter2 x"}', "hunter2"),
    ("client_assertion=abc.def&x=1", "abc.def"),
    ("password='hunter2'", "hunter2"),
    ("Password: hunter2", "hunter2"),
    ("remote https://ghp_0123456789abcdef@github.com", "0123456789"),
    ("github_pat_11AAAA_bbbb", "11AAAA"),
    ("the value is s3cret-value here", "s3cret-value"),
]


@pytest.mark.parametrize(("said", "secret"), LEAKS)
def test_what_looks_like_a_secret_is_taken_out(said: str, secret: str) -> None:
    told = redacted(said, {"MY_TOKEN": "s3cret-value", "HOME": "here", "API_KEY": "y"})

    assert secret not in told
    assert "***" in told


def test_what_is_no_secret_stays() -> None:
    said = 'File "provision/x.py", line 3, in f\n    token = self._token(scope)\n    code = work(terminal)'

    assert redacted(said, {"LANG": "File", "KEY": "line"}) == said


def failure() -> Exception:
    try:
        fail()
    except ValueError as error:
        return error
    return AssertionError("nothing failed")


def fail() -> None:
    raise ValueError("Bearer abcdefgh12345678\nsecond line")


def test_the_summary_is_one_line_without_secrets() -> None:
    assert summary(failure()) == "ValueError: Bearer ***"


def test_the_report_has_versions_command_and_traceback() -> None:
    report = text(failure(), ["apply", "-e", "contoso", "--x=hunter2hunter2"], {"MY_SECRET": "hunter2hunter2"})

    assert "command: lockstep apply -e contoso --x=***\n" in report
    assert "\nmsgraph-sdk " in report
    assert "Traceback (most recent call last)" in report
    assert "abcdefgh" not in report


def test_only_the_owner_can_read_the_report(tmp_path: Path) -> None:
    path = write(failure(), ["plan"], tmp_path / "reports", {})

    assert path.parent == tmp_path / "reports"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert path.read_text(encoding="utf-8").startswith("Lockstep: report of a fault\n")


def test_without_a_home_folder_it_goes_to_the_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    path = write(failure(), ["plan"], tmp_path / "file" / "reports", {})

    assert path.is_file()
    path.unlink()
