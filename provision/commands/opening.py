"""What every command with `-e` does first: read the environment, and pass on its warnings."""

from __future__ import annotations

from provision.environment import Environment
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
