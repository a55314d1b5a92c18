"""The commands of `lockstep` but for the sandbox's: arguments -> the command's work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from provision.options import (
    Adopt,
    Catalogs,
    DirectoryKind,
    EnvironmentName,
    Format,
    Json,
    Parallel,
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
def plan(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    catalog: Catalogs = None,
    form: PlanFormat = "text",
    *,
    adopt: Adopt = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 2 when changes are pending, for a pipeline.")
    ] = False,
    json: Json = False,
) -> Work:
    """Show what would be created, changed and deleted, and why. Reads only."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import plan as command

        return command.plan(environment, catalog or (), form_asked, terminal, adopt=adopt, exit_code=exit_code)

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
    parallel: Parallel = 8,
    *,
    adopt: Adopt = False,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Show the plan, ask, and do it. Run again, it finishes what was interrupted and changes nothing else."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import apply as command

        return command.apply(
            environment, catalog or (), yes, plan_checksum, form_asked, terminal, adopt=adopt, parallel=parallel
        )

    return work


@commands.command()
def destroy(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    catalog: Catalogs = None,
    memberships: Annotated[
        Literal["keep", "remove"],
        typer.Option(help="Whether people stay in the AD groups, or a job takes them out before anything is deleted."),
    ] = "keep",
    form: Format = "text",
    parallel: Parallel = 8,
    *,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Take back everything that is Lockstep's. Says what is left and why; AD memberships stay unless asked."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import destroy as command

        return command.destroy(
            environment, catalog or (), yes, form_asked, terminal, memberships=memberships, parallel=parallel
        )

    return work


@commands.command()
def render(
    environment: EnvironmentName,
    catalog: Catalogs = None,
    form: Annotated[
        Literal["json", "arm"],
        typer.Option("--format", help="One catalog's Logic App, or a deployment template of all that Azure holds."),
    ] = "json",
    *,
    lifecycle: Annotated[bool, typer.Option("--lifecycle", help="The Logic App of Lifecycle Workflows.")] = False,
) -> Work:
    """Print a Logic App, or a template of all, as it would be sent."""
    if form == "json" and len(catalog or ()) + lifecycle != 1:
        raise typer.BadParameter(
            "--catalog NAME, once, or --lifecycle says which Logic App; only --format arm takes all of them"
        )
    if form == "arm" and lifecycle:
        raise typer.BadParameter("--lifecycle means nothing with --format arm; leave it out")

    def work(terminal: Terminal) -> int:
        if form == "arm":
            from provision.commands import template

            return template.arm(environment, catalog or (), terminal)
        from provision.commands import render as command

        if lifecycle:
            return command.lifecycle(environment, terminal)
        return command.render(environment, (catalog or [""])[0], terminal)

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
def check(
    environment: EnvironmentName,
    form: Format = "text",
    *,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Compare with what is deployed: 1 when groups would be left behind.")
    ] = False,
    json: Json = False,
) -> Work:
    """Read the mapping as the runbook will. Shows what is in it, or everything that is wrong with it."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import mapping as command

        return command.check(environment, form_asked, terminal, deployed=deployed)

    return work


@mapping_commands.command()
def lock(environment: EnvironmentName, form: Format = "text", *, yes: Yes = False, json: Json = False) -> Work:
    """Pin each group's name to its GUID in AD, in the lock file. A group that is made anew is then noticed."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import mapping_lock as command

        return command.lock(environment, form_asked, terminal, yes=yes)

    return work


@commands.command()
def schema(
    of: Annotated[Literal["environment", "mapping"], typer.Argument(metavar="FILE", help="Of which file.")],
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
