"""SIDs and GUIDs between text and the bytes that AD stores (MS-DTYP 2.4.2 and 2.3.4)."""

from __future__ import annotations

import re
import struct
from uuid import UUID

_SID = re.compile(r"S-1-(\d{1,15})((?:-\d{1,10}){0,15})", re.IGNORECASE)


def sid_bytes(text: str) -> bytes:
    """`S-1-5-21-..` as bytes.

    Raises:
        ValueError: the text is no SID.
    """
    match = _SID.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no SID")
    parts = [int(part) for part in match[2].split("-")[1:]]
    if int(match[1]) >= 1 << 48 or any(part >= 1 << 32 for part in parts):
        raise ValueError(f"'{text}' has a number that is too large for a SID")
    return struct.pack(f"<BB6s{len(parts)}I", 1, len(parts), int(match[1]).to_bytes(6, "big"), *parts)


def sid_text(data: bytes) -> str:
    """The bytes of a SID as `S-1-5-21-..`.

    Raises:
        ValueError: the bytes are no SID.
    """
    if len(data) < 8 or data[0] != 1 or len(data) != 8 + 4 * data[1]:
        raise ValueError("these bytes are no SID")
    parts = struct.unpack(f"<{data[1]}I", data[8:])
    return "-".join(["S-1", str(int.from_bytes(data[2:8], "big")), *map(str, parts)])


def guid_bytes(guid: UUID) -> bytes:
    """A GUID as AD stores it: the first three groups little-endian."""
    return guid.bytes_le


def guid_of(text: str) -> UUID:
    """A GUID written with dashes, or as the 32 hex digits of its bytes in AD's order.

    Raises:
        ValueError: the text is neither.
    """
    if re.fullmatch(r"[0-9a-fA-F]{32}", text):
        return UUID(bytes_le=bytes.fromhex(text))
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        return UUID(text)
    raise ValueError(f"'{text}' is no GUID")
