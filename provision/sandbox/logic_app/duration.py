"""ISO 8601 durations as workflow definitions use them.

Pure.
"""

from __future__ import annotations

import re

_FORM = re.compile(r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def seconds(text: str) -> float:
    """The length of `PT15S`, `P1DT2H` ...; years and months have no length.

    Raises:
        ValueError: the text is no such duration.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        message = f"'{text}' is no ISO 8601 duration; write for example PT15S"
        raise ValueError(message)
    weights = (604800, 86400, 3600, 60, 1)
    return sum(float(part) * weight for part, weight in zip(match.groups(), weights, strict=True) if part)
