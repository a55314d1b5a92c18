from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from provision.bundle import bundle as make
from provision.commands.bundle import bundle
from provision.errors import ProvisionError
from provision.terminal import Terminal


def test_stdout_gets_the_file_itself() -> None:
    out, err = io.StringIO(), io.StringIO()

    code = bundle(None, Terminal(out, err, io.StringIO(), {}))

    assert (code, err.getvalue()) == (0, "")
    assert out.getvalue() == make().text


def test_a_file_gets_the_same_bytes_and_stderr_their_digest(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()

    code = bundle(tmp_path / "runbook.py", Terminal(out, err, io.StringIO(), {}))

    digest = hashlib.sha256((tmp_path / "runbook.py").read_bytes()).hexdigest()
    assert (code, out.getvalue()) == (0, "")
    assert digest == make().sha256
    assert digest in err.getvalue()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match="cannot be written: No such file or directory"):
        bundle(tmp_path / "absent/runbook.py", Terminal(io.StringIO(), io.StringIO(), io.StringIO(), {}))
