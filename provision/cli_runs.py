"""The commands of `lockstep` about what runs: arguments -> the command's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from provision.options import Catalogs, EnvironmentName, Format, Json, Work, Yes, chosen, group
from provision.runs import period

if TYPE_CHECKING:
    from datetime import timedelta

    from provision.terminal import Terminal

run_commands = group("")


def _period(text: str) -> timedelta:
    try:
        return period.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@run_commands.command()
def status(environment: EnvironmentName, form: Format = "text", *, json: Json = False) -> Work:
    """Show how each catalog fares. What is deployed, what ran last, and why it is healthy or not. Reads only."""
    form_asked = chosen(form, json=json)

    def work(terminal: Terminal) -> int:
        from provision.commands import status as command

        return command.status(environment, form_asked, terminal)

    return work


@run_commands.command()
def runs(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    catalog: Catalogs = None,
    since: Annotated[str, typer.Option(metavar="PERIOD", help="How far back: 30m, 24h, 7d.")] = "24h",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="How many at most, the newest first.")] = 50,
    form: Format = "text",
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Then print each new one as it ends.")] = False,
    json: Json = False,
) -> Work:
    """Show what ran, and what came of it. Each callout with its job, its outcome and its request. Reads only."""
    form_asked, span = chosen(form, json=json), _period(since)

    def work(terminal: Terminal) -> int:
        from provision.commands import runs as command

        return command.show(environment, catalog or (), failed, follow, span, limit, form_asked, terminal)

    return work


@run_commands.command()
def replay(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Id of a Logic App's run or of a job, as `runs` shows it.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Instead: object id or user principal name.")
    ] = None,
    form: Format = "text",
    *,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Repeat a callout that failed. Or bring one person's groups in step with what Entra says now."""
    form_asked = chosen(form, json=json)
    if bool(run) == bool(user):
        raise typer.BadParameter("give either RUN or --user USER, and not both")

    def work(terminal: Terminal) -> int:
        from provision.commands import replay as command

        return command.again(environment, run, user, yes, form_asked, terminal)

    return work
