"""`lockstep`: arguments -> the command's work -> an exit code. Nothing heavy is imported before a command is chosen.

Exit codes: 0 fine; 1 the user can fix it (wrong usage too); 2 changes are pending (`plan --exit-code`); 3 a fault of
Lockstep, with a report file; 130 interrupted; 141 nobody reads the result any more.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException

from provision.cli_checks import check_commands
from provision.cli_commands import commands, mapping_commands
from provision.cli_completion import completion_commands, prepare
from provision.cli_insight import audit_commands, insight_commands
from provision.cli_reconcile import reconcile_commands
from provision.cli_runs import run_commands
from provision.cli_sandbox import sandbox_commands
from provision.errors import ProvisionError
from provision.loudness import Loudness
from provision.options import Work, group

USER_CAN_FIX: Final = 1
FAULT: Final = 3
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141  # as a shell reports a process that SIGPIPE ended

app = group(
    "Keeps on-premises Active Directory groups in step with Microsoft Entra ID Governance.",
    epilog="Exit codes: 0 fine, 1 you can fix it, 2 changes pending (--exit-code), 3 a bug in Lockstep, "
    "130 interrupted.",
)
app.add_typer(commands)
app.add_typer(check_commands)
app.add_typer(run_commands)
app.add_typer(insight_commands)
app.add_typer(reconcile_commands)
app.add_typer(completion_commands)
app.add_typer(mapping_commands, name="mapping")
app.add_typer(audit_commands, name="audit")
app.add_typer(sandbox_commands, name="sandbox")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        from importlib.metadata import version

        typer.echo(f"lockstep {version('entra-lockstep')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Keeps on-premises Active Directory groups in step with Microsoft Entra ID Governance."""


def main(arguments: Sequence[str] | None = None, program: typer.Typer = app) -> int:
    """The whole program; the one place where errors become exit codes."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(typed, program)
    except KeyboardInterrupt:
        _tell("interrupted; run the same command again to finish what it began")
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return NOBODY_READS
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a report to send
        from provision import bug_report

        report = bug_report.write(error, typed)
        _tell(f"a fault of Lockstep: {bug_report.summary(error)}\nPlease send in the report: {report}")
        return FAULT


def _run(typed: Sequence[str], program: typer.Typer) -> int:
    prepare()
    loudness = Loudness()
    command = loudness.offer(typer.main.get_command(program))
    try:
        work = command.main(typed or ["--help"], prog_name="lockstep", standalone_mode=False)
    except TyperException as error:
        _tell(_usage(error))
        return USER_CAN_FIX
    except OSError as error:  # arguments need no file: it was the help that could not be written
        _close_stdout()
        _tell(f"cannot write: {error.strerror}")
        return USER_CAN_FIX
    if not callable(work):  # the code of --help and --version
        return int(work or 0) if typed else USER_CAN_FIX
    logging.getLogger().addHandler(logging.NullHandler())  # or the SDKs write to stderr what is reported anyway
    return _worked(work, loudness)


def _worked(work: Work, loudness: Loudness) -> int:
    from provision.terminal import ResultLost, Terminal

    terminal = Terminal(quiet=loudness.quiet)
    try:
        with loudness.telling(terminal):
            code = work(terminal)
        terminal.flush()
    except ResultLost as error:
        _close_stdout()
        _tell(str(error))
        return USER_CAN_FIX
    except ProvisionError as error:
        _tell(str(error))
        return USER_CAN_FIX
    return code


def _close_stdout() -> None:
    """Nothing more goes to stdout; otherwise Python tries once more when it ends, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "lockstep"
    said = " ".join(error.format_message().replace("Value error, ", "").removeprefix("Invalid value: ").split())
    return f"{said}{'' if said.endswith(('.', '?')) else '.'} See `{command} --help`."


def _tell(text: str) -> None:
    from provision.terminal import Terminal

    Terminal().fail(text)
