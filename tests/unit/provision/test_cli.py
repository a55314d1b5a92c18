"""The program as a process: what is imported, what goes where, and which exit code comes back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from provision.cli import app

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ["azure", "msgraph", "httpx", "pydantic", "jinja2", "yaml", "cryptography", "werkzeug", "ldap3", "rich"]
BROKEN = """
import sys
from provision.cli import main
from provision.errors import ProvisionError
from provision.options import group

program = group("A program that fails in every way.")

@program.callback()
def _options(): ...

@program.command()
def fail(how: str):
    def work(terminal):
        terminal.result("half a result")
        bug = ValueError("Bearer abcdefgh1234")
        raise {"user": ProvisionError("mend it"), "keys": KeyboardInterrupt(), "bug": bug}[how]
    return work

@program.command()
def code(number: int):
    return lambda terminal: number

sys.exit(main(program=program))
"""

TELLING = """
import logging, sys
from provision.cli import main
from provision.options import group

program = group("A program that tells something.")

@program.callback()
def _options(): ...

@program.command()
def tell():
    def work(terminal):
        terminal.say("said")
        logging.getLogger("lockstep.requests").info("GET %s: 200, 5 ms", "/x")
        terminal.result("a result")
        return 0
    return work

sys.exit(main(program=program))
"""


def lockstep(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "provision", *arguments, **environ)


def python(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100", **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], []),
        (["sandbox", "--help"], ["pydantic"]),  # typer itself needs it for the options of a command
        (["apply", "--help"], ["pydantic"]),
    ],
)
def test_help_imports_nothing_heavy(arguments: list[str], allowed: list[str]) -> None:
    code = (
        "import sys, json\n"
        "from provision.cli import main\n"
        f"assert main({arguments!r}) == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)\n"
    )
    done = python("-c", code)

    assert "Usage: lockstep" in done.stdout
    assert [name for name in json.loads(done.stderr) if name not in allowed] == []


def test_every_command_says_what_it_does_in_one_line() -> None:
    shown = lockstep("--help").stdout

    lines = re.findall(
        r"^  ([a-z]+) +(\S.*)$", shown.partition("Commands:")[2].partition("Exit codes")[0], re.MULTILINE
    )
    assert {name for name, _ in lines} == set(getattr(typer.main.get_command(app), "commands", {}))
    assert [line for _, line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["appl"], "No such command 'appl'. Did you mean 'apply'? See `lockstep --help`."),
        (["plan"], "Missing option '--environment' / '-e'. See `lockstep plan --help`."),
        (["mapping"], "Missing command. See `lockstep mapping --help`."),
        (
            ["plan", "-e", "x", "--format", "xml"],
            "Invalid value for '--format': 'xml' is not one of 'text', 'json', 'markdown'. See `lockstep plan --help`.",
        ),
        (
            ["plan", "-e", "x", "--json", "--format", "markdown"],
            "--json and --format markdown contradict each other; leave one out. See `lockstep plan",
        ),
        (["sandbox", "up", "--port", "0"], "See `lockstep sandbox up --help`."),
    ],
)
def test_wrong_usage_is_code_1_because_2_means_changes_pending(arguments: list[str], said: str) -> None:
    done = lockstep(*arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--verbose", "tell"],
        ["tell", "--verbose"],
        ["--verbose", "tell", "--verbose"],
    ],
)
def test_verbose_is_taken_before_and_after_the_command(arguments: list[str]) -> None:
    done = python("-c", TELLING, *arguments)

    assert (done.returncode, done.stdout, done.stderr) == (0, "a result\n", "said\nGET /x: 200, 5 ms\n")


@pytest.mark.parametrize("arguments", [["--quiet", "tell"], ["tell", "--quiet"]])
def test_quiet_is_taken_before_and_after_the_command(arguments: list[str]) -> None:
    done = python("-c", TELLING, *arguments)

    assert (done.returncode, done.stdout, done.stderr) == (0, "a result\n", "")


def test_without_verbose_no_request_is_told() -> None:
    assert python("-c", TELLING, "tell").stderr == "said\n"


@pytest.mark.parametrize("arguments", [["--quiet", "--verbose", "bundle"], ["--quiet", "bundle", "--verbose"]])
def test_verbose_and_quiet_contradict_each_other(arguments: list[str]) -> None:
    done = lockstep(*arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert "--verbose and --quiet contradict each other; leave one out" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = lockstep("completion", shell)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"_LOCKSTEP_COMPLETE=complete_{shell}" in done.stdout


def test_a_shell_that_is_not_known_is_told() -> None:
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in lockstep("completion", "tcsh").stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("lockstep appl", ["apply"]),
        ("lockstep plan --exit", ["--exit-code"]),
        ("lockstep plan -e sand", ["sandbox"]),
        ("lockstep sandbox gran", ["grant"]),
        ("lockstep apply --par", ["--parallel"]),
        ("lockstep plan -e nobody", []),
    ],
)
def test_the_tab_key_completes_commands_options_and_environments(typed: str, offered: list[str]) -> None:
    place = str(len(typed.split()) - 1)

    done = python("-m", "provision", COMP_WORDS=typed, COMP_CWORD=place, _LOCKSTEP_COMPLETE="complete_bash")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == offered


BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="bash is not on this system")
def test_bash_takes_the_script() -> None:
    script = lockstep("completion", "bash").stdout

    done = subprocess.run(
        [str(BASH), "-c", f"{script}\ncomplete -p lockstep"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "complete -o default -F _lockstep_completion lockstep\n"


@pytest.mark.parametrize("number", ["0", "33", "many"])
def test_how_many_at_once_is_a_number_from_1_to_32(number: str) -> None:
    done = lockstep("apply", "-e", "sandbox", "--parallel", number)

    assert done.returncode == 1
    assert "Invalid value for '--parallel'" in done.stderr


def test_nothing_typed_shows_the_help_and_is_no_success() -> None:
    done = lockstep()

    assert done.returncode == 1
    assert "Usage: lockstep" in done.stdout


def test_the_version_is_that_of_the_distribution() -> None:
    done = lockstep("--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"lockstep \d+\.\d+\.\d+\S*\n", done.stdout)


def test_what_the_user_can_fix_is_code_1_and_leaves_stdout_alone() -> None:
    done = lockstep("mapping", "check", "-e", "sandbx")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Did you mean sandbox?" in done.stderr
    assert "Traceback" not in done.stderr


ENDS = [
    ("user", 1, "error: mend it\n"),
    ("keys", 130, "error: interrupted; run the same command again to finish what it began\n"),
]


@pytest.mark.parametrize(("how", "code", "said"), ENDS)
def test_each_end_has_its_code_and_its_message(how: str, code: int, said: str) -> None:
    done = python("-c", BROKEN, "fail", how)

    assert (done.returncode, done.stdout, done.stderr) == (code, "half a result\n", said)


def test_a_fault_of_ours_is_code_3_with_a_report_and_no_traceback(tmp_path: Path) -> None:
    done = python("-c", BROKEN, "fail", "bug", HOME=str(tmp_path))

    (report,) = (tmp_path / ".local/state/lockstep/reports").iterdir()
    assert done.returncode == 3
    assert done.stderr == f"error: a fault of Lockstep: ValueError: Bearer ***\nPlease send in the report: {report}\n"
    assert "ValueError: Bearer ***" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [0, 2])
def test_the_code_of_a_command_is_passed_on(code: int) -> None:
    assert python("-c", BROKEN, "code", str(code)).returncode == code


@pytest.mark.parametrize("arguments", [["bundle"], ["mapping", "check", "-e", "sandbox", "--json"]])
def test_a_reader_who_goes_away_is_no_fault(arguments: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "provision", *arguments],
            cwd=ROOT,
            env=os.environ | {"HOME": str(tmp_path)},
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode == 141
    assert "error" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full, a disk without room, is not on this system")
@pytest.mark.parametrize("arguments", [["bundle"], ["schema", "mapping"], ["--help"]])
def test_a_result_that_cannot_be_written_is_code_1(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "provision", *arguments],
            cwd=ROOT,
            env=os.environ | {"HOME": str(tmp_path)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Exception ignored" not in done.stderr
    assert not list(tmp_path.iterdir())
