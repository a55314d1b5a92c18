"""The records in a job's output -> mappings, in the order in which the job told them. Pure.

The runbook writes them (`runbook/record.py`): a few as lines of their own, many packed into one line.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from provision.errors import ProvisionError
from provision.resource import Json

RECORD: Final = "LOCKSTEP-RECORD "
PACKED: Final = "LOCKSTEP-PACKED "
_NEXT: Final = re.compile(f"{RECORD}|{PACKED}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=]+")
_LARGEST: Final = 64 * 1024 * 1024  # of one packed line, unpacked: the runbook writes far smaller ones


def records(text: str) -> tuple[Mapping[str, Json], ...]:
    """The records in a job's output, whatever form its line ends have.

    Raises:
        ProvisionError: one of them cannot be read, as when the output was cut off.
    """
    return tuple(_each(text))


def _each(text: str) -> Iterator[Mapping[str, Json]]:
    for mark in _NEXT.finditer(text):
        if mark.group() == RECORD:
            yield _record(text, mark.end())
        else:
            yield from _packed(text, mark.end())


def _record(text: str, start: int) -> Mapping[str, Json]:
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise _unreadable(text, start) from error
    if not isinstance(found, dict):
        raise _unreadable(text, start)
    return found


def _packed(text: str, start: int) -> Iterator[Mapping[str, Json]]:
    encoded = _BASE64.match(text, start)
    try:
        packed = base64.b64decode(encoded.group() if encoded else "", validate=True)
        opener = zlib.decompressobj()
        lines = opener.decompress(packed, _LARGEST).decode()
    except (ValueError, zlib.error) as error:
        raise _unreadable(text, start) from error
    if not opener.eof:
        raise _unreadable(text, start)
    for line in lines.split("\n"):
        yield _record(line, 0)


def _unreadable(text: str, start: int) -> ProvisionError:
    return ProvisionError(
        f"the job's output holds a record that cannot be read, at {text[start : start + 40]!r}; the output was cut off "
        "or damaged. Look at the job's output in Azure Automation, or run the job again."
    )
