"""The commands of `lockstep` that look whether all is well: arguments -> the command's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from provision.options import Catalogs, EnvironmentName, Format, Json, Work, Yes, chosen, group

if TYPE_CHECKING:
    from provision.terminal import Terminal

check_commands = group("")


@check_commands.command()
def doctor(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    catalog: Catalogs = None,
    form: Format = "text",
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave out what only a job on the hybrid worker can see: AD.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what `apply` can, after asking; then check again.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Check every link of the chain, each with its remedy. Exit code 1 when anything is broken or not known."""
    form_asked = chosen(form, json=json)
    if yes and not fix:
        raise typer.BadParameter("--yes answers the question of --fix; add --fix, or leave it out")

    def work(terminal: Terminal) -> int:
        from provision.commands import doctor as command

        return command.doctor(environment, catalog or (), form_asked, terminal, worker=not no_worker, fix=fix, yes=yes)

    return work


@check_commands.command()
def grant(  # noqa: PLR0913, PLR0917 - every option is an argument
    environment: EnvironmentName,
    deployer: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Application or object id of who deploys; default: the credential's own."),
    ] = None,
    bind_account: Annotated[
        str | None, typer.Option(metavar="NAME", help="The bind account in AD, where the environment names none.")
    ] = None,
    credential: Annotated[
        Literal["azure_cli", "environment", "workload_identity", "managed_identity", "default"] | None,
        typer.Option(metavar="METHOD", help="Sign in as an administrator in this way, not as the environment says."),
    ] = None,
    script: Annotated[Literal["azure", "windows", "samba"] | None, typer.Option(help="Print only this script.")] = None,
    form: Format = "text",
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Give what is missing in Azure and Entra.")] = False,
    json: Json = False,
) -> Work:
    """Show the permissions to give once. With the commands for those that are missing; takes none away."""
    form_asked = chosen(form, json=json)
    if script and (yes or form_asked == "json"):
        other = "--yes" if yes else "--json"
        raise typer.BadParameter(f"--script prints one script and nothing else; leave out {other} or --script")

    def work(terminal: Terminal) -> int:
        from provision.commands import grant as command

        wishes = command.Wishes(deployer, bind_account, credential, script, yes, form_asked)
        return command.grant(environment, wishes, terminal)

    return work
