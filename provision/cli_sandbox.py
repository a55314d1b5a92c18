"""`lockstep sandbox ...`: arguments -> the command's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from provision.options import DirectoryKind, Format, Json, Package, User, Work, chosen, group

if TYPE_CHECKING:
    from provision.terminal import Terminal

sandbox_commands = group("Azure, Entra and a directory on this machine.")
Silently = Annotated[bool, typer.Option("--silently", help="Without a request: nothing is called, nobody is told.")]


@sandbox_commands.command()
def up(
    directory: DirectoryKind = "embedded",
    port: Annotated[
        int,
        typer.Option(
            min=1,
            max=65535,
            metavar="PORT",
            help="The port of Azure and Entra; with another one, `up` names the environment file to use.",
        ),
    ] = 18443,
    speed: Annotated[
        float, typer.Option(min=1, max=3600, metavar="N", help="How many times faster time goes by inside.")
    ] = 60.0,
) -> Work:
    """Start the sandbox in the background. It keeps its state until it is stopped, and names its environment."""

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.up(terminal, directory, port, speed)

    return work


@sandbox_commands.command()
def down() -> Work:
    """Stop the sandbox."""

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.down(terminal)

    return work


@sandbox_commands.command()
def status(form: Format = "text", *, json: Json = False) -> Work:
    """Say whether it runs, and what is in it."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.status(terminal, form_asked)

    return work


@sandbox_commands.command()
def reset() -> Work:
    """Put everything in it back to the beginning."""

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.reset(terminal)

    return work


@sandbox_commands.command()
def grant(
    user: User, package: Package, form: Format = "text", *, silently: Silently = False, json: Json = False
) -> Work:
    """Play the requester: assign an access package to a user. Waits until the request has ended."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.grant(terminal, user, package, form_asked, silently=silently)

    return work


@sandbox_commands.command()
def remove(
    user: User, package: Package, form: Format = "text", *, silently: Silently = False, json: Json = False
) -> Work:
    """Play the requester: take an access package from a user. Waits until the request has ended."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.remove(terminal, user, package, form_asked, silently=silently)

    return work


@sandbox_commands.command()
def activate(
    workflow: Annotated[str, typer.Option(metavar="NAME", help="Display name or id of the lifecycle workflow.")],
    user: User,
    form: Format = "text",
    *,
    json: Json = False,
) -> Work:
    """Run a lifecycle workflow on demand for a user. Waits until its tasks have ended."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.activate(terminal, workflow, user, form_asked)

    return work


@sandbox_commands.command("fire-schedule")
def fire_schedule(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the Automation schedule.")],
    form: Format = "text",
    *,
    json: Json = False,
) -> Work:
    """Run now what a schedule starts at its time. Waits until the jobs have ended."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import sandbox as command

        return command.fire_schedule(terminal, name, form_asked)

    return work
