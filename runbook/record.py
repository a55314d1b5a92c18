"""What a job tells programs besides its result: records, a JSON object each, in few lines of its output.

A few are lines of their own (`LOCKSTEP-RECORD {...}`); many stand packed in one line (`LOCKSTEP-PACKED ` and base64 of
zlib of JSON lines), because each line of a job's output is a request of the worker's. `provision/job_records.py` reads
both back. Writes through `tell` only.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any

from runbook.outcome import PACKED_MARK, RECORD_MARK, marked

Record = dict[str, Any]

_MOST_PLAIN = 40
_LONGEST_LINE = 60 * 1024
_PACKED_AT_ONCE = 2_000
_ROOM = 900 * 1024  # Automation keeps 1 MiB of output; the rest is for the lines that people and the Logic App read


class Records:
    """Tells records as they come, the first of them that have room in so many characters of output in all."""

    def __init__(self, tell: Callable[[str], None], room: int = _ROOM) -> None:
        self._tell = tell
        self._room = room
        self._plain = 0
        self._omitted = 0

    def put(self, records: Iterable[Record]) -> None:
        """Tells the records, or counts them as omitted when there is no room left. Keeps few of them at a time."""
        rest = iter(records)
        few = list(islice(rest, _MOST_PLAIN + 1))
        if self._plain + len(few) <= _MOST_PLAIN:
            self._plain += len(few)
            self._put([(marked(RECORD_MARK, record), 1) for record in few])
            return
        rest = chain(few, rest)
        while batch := list(islice(rest, _PACKED_AT_ONCE)):
            self._put([("", len(batch))] if self._omitted else _packed(batch))

    def _put(self, lines: list[tuple[str, int]]) -> None:
        """Tells lines that hold so many records each."""
        for line, count in lines:
            if self._omitted or len(line) > self._room:
                self._omitted += count
            else:
                self._room -= len(line) + 1
                self._tell(line)

    def close(self) -> None:
        """Says how many records were left out, if any were."""
        if self._omitted:
            self._tell(marked(RECORD_MARK, {"kind": "omitted", "count": self._omitted}))
            self._room = self._omitted = 0


def _packed(records: Sequence[Record]) -> list[tuple[str, int]]:
    """Lines short enough, and how many records each holds."""
    text = "\n".join(json.dumps(record, separators=(",", ":")) for record in records)
    line = PACKED_MARK + base64.b64encode(zlib.compress(text.encode())).decode()
    half = len(records) // 2
    if len(line) <= _LONGEST_LINE or not half:
        return [(line, len(records))]
    return _packed(records[:half]) + _packed(records[half:])
