"""`lockstep grant`: the permissions that somebody gives once; printed as commands, or given with --yes.

Reads Azure and Entra as far as it may. Only permissions that are missing are given, and none is taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provision import mapping_source
from provision.azure import Azure, connect
from provision.azure.credential import SignIn
from provision.commands.opening import opened, refuse_stopped_sandbox
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.grant import azure_script, delegation, report
from provision.grant.giving import Given, give
from provision.grant.reading import check, seen
from provision.grant.standing import Seen, Standing, standings
from provision.terminal import Terminal
from runbook.mapping import Mapping as Mapped


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was typed.

    `deployer` is an application id or object id, `account` the bind account where the environment names none,
    `credential` a way to sign in other than the environment's, `script` the one script to print.
    """

    deployer: str | None = None
    account: str | None = None
    credential: str | None = None
    script: str | None = None
    yes: bool = False
    form: str = "text"


def grant(reference: str, wishes: Wishes, terminal: Terminal) -> int:
    """Prints what is there, and commands for the rest; with `yes` gives it first. 1 when something was not given.

    Raises:
        ProvisionError: the files cannot be read, or Entra has no such deployer.
    """
    check(wishes.deployer)
    environment = opened(reference, terminal)
    refuse_stopped_sandbox(environment)
    mapping = mapping_source.parsed(mapping_source.unpinned(environment))
    found, standing, given = _found(environment, wishes, terminal)
    for note in found.notes:
        terminal.warn(note)
    scripts = _scripts(environment, mapping, _left(standing, given), found, wishes)
    _print(environment, found, standing, given, scripts, wishes, terminal)
    return 1 if _refused(given) else 0


def _found(
    environment: Environment, wishes: Wishes, terminal: Terminal
) -> tuple[Seen, tuple[Standing, ...], list[Given] | None]:
    """What could be read, what is there, and with `yes` what came of giving the rest.

    Commands can be printed without any sign-in: they may be for somebody else, elsewhere.
    """
    try:
        azure = _connected(environment, wishes.credential)
    except ProvisionError as error:
        if wishes.yes:
            raise
        found = Seen(notes=(f"Nothing could be read: {error}",))
        return found, standings(environment, found), None
    with azure:
        with terminal.progress(f"Reading the permissions of environment {environment.name}"):
            found = seen(azure, environment, wishes.deployer)
        standing = standings(environment, found)
        return found, standing, _give(standing, found, environment, azure, terminal) if wishes.yes else None


def _connected(environment: Environment, method: str | None) -> Azure:
    """The services, with the environment's sign-in or another one, whose details come from AZURE_... variables."""
    own = environment.credential
    sign_in = SignIn(environment.tenant, own.method, own.client_id, own.token_file)
    if method is not None:
        sign_in = SignIn(environment.tenant, method)
    return connect(environment.cloud, environment.subscription, sign_in)


def _give(
    standing: Sequence[Standing], found: Seen, environment: Environment, azure: Azure, terminal: Terminal
) -> list[Given]:
    with terminal.progress(f"Giving the permissions of environment {environment.name}") as tell:
        results = []
        for one in standing:
            if one.state != "there":
                tell(str(one.item))
            results.append(give(one, found, environment, azure))
    return results


def _left(standing: Sequence[Standing], given: Sequence[Given] | None) -> list[Standing]:
    """What is not there now."""
    ready = {one.item for one in given or () if one.result in {"there", "given"}}
    return [one for one in standing if one.state != "there" and one.item not in ready]


def _scripts(
    environment: Environment, mapping: Mapped, left: Sequence[Standing], found: Seen, wishes: Wishes
) -> dict[str, str]:
    deployer = wishes.deployer or environment.credential.client_id
    return {
        "azure": azure_script.script(environment, left, found, deployer),
        "windows": delegation.windows(environment, mapping, wishes.account),
        "samba": delegation.samba(environment, mapping, wishes.account),
    }


def _print(  # noqa: PLR0913, PLR0917 - all that was found out
    environment: Environment,
    found: Seen,
    standing: Sequence[Standing],
    given: Sequence[Given] | None,
    scripts: Mapping[str, str],
    wishes: Wishes,
    terminal: Terminal,
) -> None:
    if wishes.script:
        terminal.result(scripts[wishes.script] or "# nothing is missing\n")
    elif wishes.form == "json":
        terminal.result(report.machine(environment.name, found, standing, given, scripts))
    else:
        terminal.table(report.COLUMNS, report.looked(standing) if given is None else report.done(given))
        for name, text in scripts.items():
            if text:
                terminal.result(f"\n== {report.TITLES[name]} ==\n\n{text.rstrip()}")
    if not _refused(given):
        return
    terminal.warn(f"{len(_refused(given))} permissions were not given; an administrator runs the commands for them")


def _refused(given: Sequence[Given] | None) -> list[Given]:
    return [one for one in given or () if one.result in {"refused", "left"}]
