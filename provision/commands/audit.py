"""`lockstep audit verify`: whether an audit file, as a worker wrote it, is as it was written. I/O: reads that file."""

from __future__ import annotations

from pathlib import Path

from provision.audit_chain import checked
from provision.errors import ProvisionError
from provision.terminal import Terminal


def verify(file: Path, terminal: Terminal) -> int:
    """Exit code 0 when the chain is whole, 1 when it is not.

    Raises:
        ProvisionError: the file cannot be read.
    """
    try:
        with file.open("rb") as opened:
            chain = checked(line.removesuffix(b"\n") for line in opened)
    except OSError as error:
        raise ProvisionError(f"{file}: {error.strerror or error}") from error
    for problem in chain.problems:
        terminal.fail(f"{file}: {problem}")
    if chain.problems:
        return 1
    said = f"{file}: {chain.lines} changes, each follows the one before it"
    terminal.say(f"{said}; sha256 of the last line: {chain.last}" if chain.lines else f"{file}: no changes yet")
    return 0
