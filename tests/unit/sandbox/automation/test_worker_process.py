from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from provision.sandbox.automation.worker_process import WorkerProcess, command, decoded, default_python, environment


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ("true", "True"),
        ("null", "None"),
        ("1e5", "100000.0"),
        ('{"a":1}', "{'a': 1}"),
        ("0123", "0123"),
        ("b64.eyJ9", "b64.eyJ9"),
        ("cccccccc-cccc-4ccc-8ccc-cccccccccccc", "cccccccc-cccc-4ccc-8ccc-cccccccccccc"),
    ],
)
def test_parameters_are_decoded_as_the_linux_worker_does(value: str, argument: str) -> None:
    assert decoded(value) == argument


def run(folder: Path, script: str, *parameters: str) -> tuple[int, list[tuple[str, str]]]:
    said: list[tuple[str, str]] = []
    line = command(default_python(), script, parameters, folder)
    variables = environment(folder, folder / "ca.pem", {"AUTOMATION_JOB_ID": "the-job"})
    process = WorkerProcess(line, folder, variables, lambda stream, text: said.append((stream, text)))
    assert process.ended(30)
    return process.finish(), said


def test_lines_go_to_the_stream_they_name(tmp_path: Path) -> None:
    script = (
        "import sys\r\nprint('plain')\r\nprint('WARNING: w')\r\nprint('Error:e')\r\nprint('verbose: v')\r\n"
        "sys.stdout.flush()\r\nsys.stdout.buffer.write(b'\\xff\\n')\r\nprint('warnings: none')\r\n"
    )
    code, said = run(tmp_path, script)
    assert code == 0
    assert said == [
        ("Output", "plain"),
        ("Warning", "WARNING: w"),
        ("Error", "Error:e"),
        ("Verbose", "verbose: v"),
        ("Output", "warnings: none"),
    ]


def test_stderr_is_the_error_stream_and_the_exit_code_is_kept(tmp_path: Path) -> None:
    code, said = run(tmp_path, "import sys\nprint('bad', file=sys.stderr)\nsys.exit(3)\n")
    assert (code, said) == (3, [("Error", "bad")])


def test_much_output_does_not_block(tmp_path: Path) -> None:
    code, said = run(tmp_path, "for n in range(5000):\n    print('x' * 80)\n")
    assert (code, len(said)) == (0, 5000)


def test_the_runbook_sees_a_workers_environment_and_no_package_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "hush")
    script = (
        "import importlib.util, json, os, sys\n"
        "print(json.dumps([dict(os.environ), sys.argv[1:], os.getcwd(), sys.flags.isolated,"
        " importlib.util.find_spec('msgraph') is None]))\n"
    )
    _, said = run(tmp_path, script, "true", "b64.x")
    variables, arguments, folder, isolated, bare = json.loads(said[0][1])
    assert set(variables) <= {
        "PATH",
        "SYSTEMROOT",
        "LANG",
        "HOME",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "AUTOMATION_JOB_ID",
        "LC_CTYPE",
    }
    assert variables["HOME"] == folder == str(tmp_path)
    assert arguments == ["True", "b64.x"]
    assert isolated == 1
    assert bare


def test_a_stopped_runbook_ends(tmp_path: Path) -> None:
    line = command(default_python(), "import time\ntime.sleep(600)\n", [], tmp_path)
    process = WorkerProcess(line, tmp_path, dict(os.environ), lambda *_: None)
    assert not process.ended(0.05)
    process.stop()
    assert process.finish() != 0


def test_the_default_python_is_not_that_of_a_virtual_environment() -> None:
    assert Path(default_python()).exists()
    if sys.prefix != sys.base_prefix:
        assert not default_python().startswith(sys.prefix)
