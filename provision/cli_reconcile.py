"""The commands of `lockstep` that change groups in AD: arguments -> the command's work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from provision.options import EnvironmentName, Format, Json, Work, Yes, chosen, group

if TYPE_CHECKING:
    from provision.terminal import Terminal

reconcile_commands = group("")

_CHECKSUM: Final = re.compile(r"[0-9a-f]{16}")

_Apply: TypeAlias = Annotated[
    bool, typer.Option("--apply", help="Do it, after showing it and asking. Otherwise nothing is changed.")
]
_Checksum: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="SUM", help="With --apply: do what was shown with this checksum, or nothing. Asks nothing."),
]
_OverBudget: TypeAlias = Annotated[
    bool, typer.Option("--over-budget", help="Let this one run remove more than the budgets of `safety` allow.")
]
_AddsOverBudget: TypeAlias = Annotated[
    bool, typer.Option("--adds-over-budget", help="Over budget, add members all the same; nobody is removed then.")
]
_Unexplained: TypeAlias = Annotated[
    bool, typer.Option("--unexplained", help="List the members that stay though no live assignment explains them.")
]
_ExitCode: TypeAlias = Annotated[
    bool, typer.Option("--exit-code", help="Without --apply: exit with 2 when something would change.")
]


@reconcile_commands.command()
def reconcile(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="One person: object id or user principal name.")
    ] = None,
    checksum: _Checksum = None,
    form: Format = "text",
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody in all groups of the mapping.")] = False,
    apply: _Apply = False,
    over_budget: _OverBudget = False,
    adds_over_budget: _AddsOverBudget = False,
    unexplained: _Unexplained = False,
    exit_code: _ExitCode = False,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Bring groups in step with what Entra says now. Everybody's (only shown until --apply), or one person's."""
    form_asked = chosen(form, json=json)
    if everybody == (user is not None):
        raise typer.BadParameter("give either --all or --user USER, and not both")
    for option, given in {
        "--checksum": checksum is not None,
        "--adds-over-budget": adds_over_budget,
        "--unexplained": unexplained,
        "--exit-code": exit_code,
    }.items():
        if given and not everybody:
            raise typer.BadParameter(f"{option} goes with --all only; leave it out for one person")
    if everybody:
        _refuse_contradictions(checksum, apply=apply, exit_code=exit_code, yes=yes)

    def work(terminal: Terminal) -> int:
        from provision.commands import reconcile as command
        from provision.commands.two_steps import Options

        options = Options(
            apply=apply,
            checksum=checksum or "",
            over_budget=over_budget,
            adds_over_budget=adds_over_budget,
            unexplained=unexplained,
            exit_code=exit_code,
            yes=yes,
            form=form_asked,
        )
        if user is not None:
            return command.one(environment, user, options, terminal)
        return command.everybody(environment, options, terminal)

    return work


@reconcile_commands.command()
def undo(  # noqa: PLR0913 - every option is an argument
    environment: EnvironmentName,
    job: Annotated[
        str, typer.Argument(metavar="JOB", help="Id of the job, or of the Logic App's run that started it.")
    ],
    checksum: _Checksum = None,
    form: Format = "text",
    *,
    apply: _Apply = False,
    over_budget: _OverBudget = False,
    adds_over_budget: _AddsOverBudget = False,
    exit_code: _ExitCode = False,
    yes: Yes = False,
    json: Json = False,
) -> Work:
    """Take back what a job has changed in AD. What somebody has changed since is left as it is."""
    form_asked = chosen(form, json=json)
    _refuse_contradictions(checksum, apply=apply, exit_code=exit_code, yes=yes)

    def work(terminal: Terminal) -> int:
        from provision.commands import undo as command
        from provision.commands.two_steps import Options

        options = Options(
            apply=apply,
            checksum=checksum or "",
            over_budget=over_budget,
            adds_over_budget=adds_over_budget,
            exit_code=exit_code,
            yes=yes,
            form=form_asked,
        )
        return command.undo(environment, job, options, terminal)

    return work


def _refuse_contradictions(checksum: str | None, *, apply: bool, exit_code: bool, yes: bool) -> None:
    """Raises: BadParameter when options belong to another way of running it."""
    if checksum is not None and not apply:
        raise typer.BadParameter("--checksum goes with --apply; add --apply, or leave it out")
    if checksum is not None and not _CHECKSUM.fullmatch(checksum):
        raise typer.BadParameter(f"--checksum {checksum} is none; a run without --apply prints it, 16 digits")
    if yes and not apply:
        raise typer.BadParameter("--yes answers the question of --apply; add --apply, or leave it out")
    if exit_code and apply:
        raise typer.BadParameter("--exit-code tells whether something would change; leave it out with --apply")
