"""The audit file on the worker: one JSON line per change, each with the SHA-256 of the line before it.

Whoever changes or takes out a line breaks the chain; `lockstep audit verify` says where. Reads and writes that one
file; several jobs may do so at the same time.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from runbook.outcome import Failed

_BLOCK = 4096


def append_audit(path: str, records: Iterable[dict[str, Any]]) -> None:
    """Appends the records, and returns when they are on the disk; without any, makes sure that it could.

    Raises:
        Failed: the file cannot be written.
    """
    try:
        with Path(path).open("a+b") as file, _alone(file):
            last = _last_line(file)
            text = b""
            for record in records:
                line = json.dumps({**record, "previous": _digest(last)}, separators=(",", ":")).encode()
                text += line + b"\n"
                last = line
            if text:
                file.write((b"\n" if _torn(file) else b"") + text)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise Failed(
            f"audit file {path} cannot be written ({error.strerror or error}); make it writable for the account that "
            "the hybrid worker runs as"
        ) from error


def _digest(line: bytes) -> str:
    """What the next line says of this one; nothing when there is none."""
    return hashlib.sha256(line).hexdigest() if line else ""


def _torn(file: BinaryIO) -> bool:
    """Whether the last line has no end: a job was killed while it wrote."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return False
    file.seek(size - 1)
    return file.read(1) != b"\n"


def _last_line(file: BinaryIO) -> bytes:
    """The last line without its end; empty when the file is."""
    position = file.seek(0, os.SEEK_END)
    tail = b""
    while position and b"\n" not in tail[:-1]:
        step = min(_BLOCK, position)
        position -= step
        file.seek(position)
        tail = file.read(step) + tail
    return tail.removesuffix(b"\n").rpartition(b"\n")[2]


@contextmanager
def _alone(file: BinaryIO) -> Iterator[None]:
    """Keeps other jobs of this machine out, until the block ends."""
    if os.name != "nt":
        locks = importlib.import_module("fcntl")
        locks.flock(file, locks.LOCK_EX)  # ends when the file is closed
        yield
        return
    locks = importlib.import_module("msvcrt")
    file.seek(0)
    locks.locking(file.fileno(), locks.LK_LOCK, 1)  # the first byte stands for the file; gives up after ten seconds
    try:
        yield
    finally:
        file.seek(0)
        locks.locking(file.fileno(), locks.LK_UNLCK, 1)
