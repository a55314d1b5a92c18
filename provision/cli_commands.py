"""The commands of `lockstep` but for the sandbox's: arguments -> the command's work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

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

commands = group("")
mapping_commands = group("The mapping: which AD groups an access package stands for.")


@commands.command()
def plan(
    environment: EnvironmentName, catalog: Catalogs = None, form: PlanFormat = "text", *, json: Json = False
) -> Work:
    """Show what would be created, changed and deleted, and why. Exit code 2 when something would."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import plan as command

        return command.plan(environment, catalog or (), form_asked, terminal)

    return work


@commands.command()
def apply(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    catalog: Catalogs = None,
    plan_checksum: Annotated[
        str | None,
        typer.Option(metavar="SUM", help="Do it only if the plan still has this checksum, which `plan` prints."),
    ] = None,
    form: Format = "text",
    *,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Show the plan, ask, and do it in order. Run again, it finishes what was interrupted and changes nothing else."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import apply as command

        return command.apply(environment, catalog or (), yes, plan_checksum, form_asked, terminal)

    return work


@commands.command()
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


@commands.command()
def render(
    environment: EnvironmentName,
    catalog: Annotated[str, typer.Option(metavar="NAME", help="The catalog, by name or id.")],
) -> Work:
    """Print a catalog's Logic App as it would be sent, as JSON."""

    def work(terminal: Terminal) -> int:
        from provision.commands import render as command

        return command.render(environment, catalog, terminal)

    return work


@commands.command()
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
    """Read the mapping as the runbook will. Shows what is in it, or everything that is wrong with it."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import mapping as command

        return command.check(environment, form_asked, terminal)

    return work


@commands.command()
def schema(
    of: Annotated[
        Literal["environment", "mapping"], typer.Argument(metavar="environment|mapping", help="Of which file.")
    ],
) -> Work:
    """Print the JSON Schema of one of the files, for editors."""

    def work(terminal: Terminal) -> int:
        from provision.commands import schema as command

        return command.schema(of, terminal)

    return work


@commands.command()
def demo(
    directory: DirectoryKind = "embedded",
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything standing at the end, to look around.")] = False,
) -> Work:
    """Show the whole chain on this machine. From nothing to AD membership and back in half a minute, without Azure."""

    def work(terminal: Terminal) -> int:
        from provision.commands import demo as command

        return command.demo(terminal, directory, keep)

    return work
