"""What every command with `-e` does first: read the environment, and pass on its warnings."""

from __future__ import annotations

from provision.environment import Environment
from provision.errors import ProvisionError
from provision.sandbox.remote import running
from provision.sandbox.state import default_folder
from provision.terminal import Terminal


def opened(reference: str, terminal: Terminal) -> Environment:
    """The environment of that name or path.

    Raises:
        ProvisionError: it is not there, or everything that is wrong with it.
    """
    environment = Environment.load(reference)
    for warning in environment.warnings():
        terminal.warn(warning)
    return environment


def refuse_stopped_sandbox(environment: Environment) -> None:
    """Raises: ProvisionError when the environment is the sandbox of this user and nobody has started it.

    The services would be unreachable and the sign-in absent, and neither message would name the remedy.
    """
    folder = default_folder()
    if environment.cloud.ca_file == folder.ca_file and running(folder) is None:
        raise ProvisionError(f"the sandbox is not running; start it with `lockstep sandbox up` ({environment.origin})")
