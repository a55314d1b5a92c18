"""What the commands share: how a group of them is made, what one gives back, and common options. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeAlias

import typer

if TYPE_CHECKING:
    from provision.terminal import Terminal


class Work(Protocol):
    """What a command does once its arguments are read; answers with the exit code."""

    def __call__(self, terminal: Terminal, /) -> int:
        """Does it."""


def group(text: str, **more: Any) -> typer.Typer:
    """A group of commands with this help text."""
    return typer.Typer(
        help=text,
        rich_markup_mode=None,  # rich would double the time of --help
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["--help", "-h"]},
        **more,
    )


def _names(incomplete: str) -> list[str]:
    """The environments that the Tab key offers after `-e`: those of this folder, and those that come along."""
    from pathlib import Path  # noqa: PLC0415 - only for the Tab key

    from provision import assets  # noqa: PLC0415 - as above

    folders = (Path("environments"), assets.path("environments"))
    files = [file for folder in folders for file in (*folder.glob("*.yaml"), *folder.glob("*.yml"))]
    return sorted({file.stem for file in files if file.stem.startswith(incomplete)})


EnvironmentName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--environment",
        "-e",
        metavar="ENV",
        help="Name or path of an environment file, such as sandbox.",
        autocompletion=_names,
    ),
]
Catalogs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--catalog", metavar="NAME", help="Only this catalog, by name or id; may be repeated."),
]
PlanForm: TypeAlias = Literal["text", "json", "markdown"]
Form: TypeAlias = Literal["text", "json"]
PlanFormat: TypeAlias = Annotated[PlanForm, typer.Option("--format", help="How to print the result.")]
Format: TypeAlias = Annotated[Form, typer.Option("--format", help="How to print the result.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Adopt: TypeAlias = Annotated[
    bool, typer.Option("--adopt", help="Take over what somebody else has made where Lockstep's would be.")
]
Parallel: TypeAlias = Annotated[
    int, typer.Option("--parallel", metavar="N", min=1, max=32, help="How many catalogs at once; 1: one at a time.")
]
User: TypeAlias = Annotated[
    str, typer.Option("--user", metavar="USER", help="Account name, user principal name or object id.")
]
Package: TypeAlias = Annotated[
    str, typer.Option("--package", metavar="PACKAGE", help="Name or id of the access package.")
]
DirectoryKind: TypeAlias = Annotated[
    Literal["embedded", "samba"],
    typer.Option("--directory", help="The embedded LDAP server, or a Samba AD domain controller (needs apt and root)."),
]


def chosen(form: str, *, json: bool) -> str:
    """The format that was asked for, in either way.

    Raises:
        BadParameter: two different ones were.
    """
    if json and form not in {"text", "json"}:
        raise typer.BadParameter(f"--json and --format {form} contradict each other; leave one out")
    return "json" if json else form
