"""The commands of `lockstep` that make things clear: arguments -> the command's work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provision.options import EnvironmentName, Format, Json, Work, chosen, group

if TYPE_CHECKING:
    from provision.terminal import Terminal

insight_commands = group("")
audit_commands = group("The audit file that jobs write on the worker.")


@insight_commands.command()
def explain(
    environment: EnvironmentName,
    user: Annotated[str, typer.Option("--user", metavar="USER", help="Object id or user principal name.")],
    ad_group: Annotated[
        str | None, typer.Option("--group", metavar="GROUP", help="Only this AD group, whether it is managed or not.")
    ] = None,
    form: Format = "text",
    *,
    json: Json = False,
) -> Work:
    """Show why a person is in a group. Direct or nested, by which package and policy, since and until when."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import explain as command

        return command.explain(environment, user, ad_group, form_asked, terminal)

    return work


@insight_commands.command()
def report(
    environment: EnvironmentName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: lockstep-ENV.html, in this folder.")
    ] = None,
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave out what only a job on the hybrid worker can see: AD.")
    ] = False,
) -> Work:
    """Write one HTML page about everything. Packages, groups, drift and what is left over; prints its path."""

    def work(terminal: Terminal) -> int:
        from provision.commands import report as command

        return command.report(environment, output, terminal, worker=not no_worker)

    return work


@audit_commands.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file, or a copy of it.")],
) -> Work:
    """Check that no line of an audit file was changed or taken out."""

    def work(terminal: Terminal) -> int:
        from provision.commands import audit as command

        return command.verify(file, terminal)

    return work
