"""`lockstep completion`: what makes the Tab key of a shell complete commands, options and names of environments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from provision.options import Work, group

if TYPE_CHECKING:
    from provision.terminal import Terminal

ASKING: Final = "_LOCKSTEP_COMPLETE"
"""The variable by which a shell's function asks this program what could come next."""

completion_commands = group("")


@completion_commands.command()
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="Your shell.")],
) -> Work:
    """Print what makes your shell's Tab key complete lockstep. The documentation says where to put it."""

    def work(terminal: Terminal) -> int:
        from typer._completion_shared import get_completion_script  # where typer's own --show-completion has it from

        terminal.result(get_completion_script(prog_name="lockstep", complete_var=ASKING, shell=shell))
        return 0

    return work


def prepare() -> None:
    """Makes typer able to answer a shell, when one is asking."""
    if ASKING in os.environ:
        from typer.completion import get_completion_inspect_parameters

        get_completion_inspect_parameters()  # asking for typer's own options registers the shells
