"""`lockstep`: arguments -> the command's work -> an exit code. Nothing heavy is imported before a command is chosen.

Exit codes: 0 fine; 1 the user can fix it (wrong usage too); 2 changes are pending; 3 a fault of Lockstep, with a report
file; 130 interrupted; 141 nobody reads the result any more.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from typer.exceptions import TyperException

from provision.cli_sandbox import sandbox_commands
from provision.errors import ProvisionError
from provision.options import (
    Catalogs,
    DirectoryKind,
    EnvironmentName,
    Format,
    Json,
    PlanFormat,
    Work,
    Yes,
    chosen,
    group,
)

if TYPE_CHECKING:
    from provision.terminal import Terminal

USER_CAN_FIX: Final = 1
FAULT: Final = 3
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141  # as a shell reports a process that SIGPIPE ended

app = group(
    "Keeps on-premises Active Directory groups in step with Microsoft Entra ID Governance.",
    epilog="Exit codes: 0 fine, 1 you can fix it, 2 changes pending, 3 a fault of Lockstep, 130 interrupted.",
)
mapping_commands = group("The mapping: which AD groups an access package stands for.")
app.add_typer(mapping_commands, name="mapping")
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


@app.command()
def plan(
    environment: EnvironmentName, catalog: Catalogs = None, form: PlanFormat = "text", *, json: Json = False
) -> Work:
    """Show what would be created, changed and deleted, and why. Exit code 2 when something would."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import plan as command

        return command.plan(environment, catalog or (), form_asked, terminal)

    return work


@app.command()
def apply(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    catalog: Catalogs = None,
    plan_checksum: Annotated[
        str | None, typer.Option(metavar="SUM", help="Only if the plan still has this checksum.")
    ] = None,
    form: Format = "text",
    *,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Do what the plan says, in order. Running it again finishes what was interrupted, and changes nothing else."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import apply as command

        return command.apply(environment, catalog or (), yes, plan_checksum, form_asked, terminal)

    return work


@app.command()
def destroy(
    environment: EnvironmentName,
    catalog: Catalogs = None,
    form: Format = "text",
    *,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Take back everything that is Lockstep's, and say what is left. AD memberships stay as they are."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import destroy as command

        return command.destroy(environment, catalog or (), yes, form_asked, terminal)

    return work


@app.command()
def render(
    environment: EnvironmentName,
    catalog: Annotated[str, typer.Option(metavar="NAME", help="The catalog, by name or id.")],
) -> Work:
    """Print a catalog's Logic App as it would be sent, as JSON."""

    def work(terminal: Terminal) -> int:
        from provision.commands import render as command

        return command.render(environment, catalog, terminal)

    return work


@app.command()
def bundle(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file, not to stdout.")
    ] = None,
) -> Work:
    """Write the runbook as the one file that is uploaded."""

    def work(terminal: Terminal) -> int:
        from provision.commands import bundle as command

        return command.bundle(output, terminal)

    return work


@mapping_commands.command()
def check(environment: EnvironmentName, form: Format = "text", *, json: Json = False) -> Work:
    """Read the environment's mapping as the runbook will, and show what is in it."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import mapping as command

        return command.check(environment, form_asked, terminal)

    return work


@app.command()
def schema(
    of: Annotated[
        Literal["environment", "mapping"], typer.Argument(metavar="environment|mapping", help="Of which file.")
    ],
) -> Work:
    """Print the JSON Schema of the environment file or of the mapping, for editors."""

    def work(terminal: Terminal) -> int:
        from provision.commands import schema as command

        return command.schema(of, terminal)

    return work


@app.command()
def demo(
    directory: DirectoryKind = "embedded",
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything standing at the end, to look around.")] = False,
) -> Work:
    """Show the whole story on this machine, from nothing to AD membership and back. Needs no Azure."""

    def work(terminal: Terminal) -> int:
        from provision.commands import demo as command

        return command.demo(terminal, directory, keep)

    return work


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole program; the one place where errors become exit codes."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(typed)
    except KeyboardInterrupt:
        _tell("interrupted; run the same command again to finish what it began")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        return NOBODY_READS
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a report to send
        from provision import bug_report

        report = bug_report.write(error, typed)
        _tell(f"a fault of Lockstep: {bug_report.summary(error)}\nPlease send in the report: {report}")
        return FAULT


def _run(typed: Sequence[str]) -> int:
    try:
        work = typer.main.get_command(app).main(typed or ["--help"], prog_name="lockstep", standalone_mode=False)
    except TyperException as error:
        _tell(_usage(error))
        return USER_CAN_FIX
    if not callable(work):  # the code of --help and --version
        return int(work or 0) if typed else USER_CAN_FIX
    logging.getLogger().addHandler(logging.NullHandler())  # or the SDKs write to stderr what is reported anyway
    try:
        return _worked(work)
    except ProvisionError as error:
        _tell(str(error))
        return USER_CAN_FIX


def _worked(work: Work) -> int:
    from provision.terminal import Terminal

    terminal = Terminal()
    code = work(terminal)
    try:
        terminal.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ProvisionError(f"the result cannot be written: {error.strerror}") from error
    return code


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "lockstep"
    return f"{error.format_message().replace('Value error, ', '')} See `{command} --help`."


def _tell(text: str) -> None:
    from provision.terminal import Terminal

    Terminal().fail(text)
