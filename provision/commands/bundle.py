"""`lockstep bundle`: the runbook as one file, to stdout or into a file. I/O: writes that file."""

from __future__ import annotations

from pathlib import Path

from provision.bundle import bundle as make
from provision.errors import ProvisionError
from provision.terminal import Terminal


def bundle(output: Path | None, terminal: Terminal) -> int:
    """Exit code 0.

    Raises:
        ProvisionError: the file cannot be written.
    """
    made = make()
    if output is None:
        terminal.result(made.text)
        return 0
    try:
        output.write_text(made.text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ProvisionError(f"{output}: cannot be written: {error.strerror}") from error
    terminal.say(f"wrote {output}: {len(made.text.encode()):,} bytes, sha256 {made.sha256}")
    return 0
