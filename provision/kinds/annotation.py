"""What Graph adds to an object besides its values, and what is not sent back. Pure. Source: OData JSON format 4.01."""

from __future__ import annotations


def is_annotation(key: str) -> bool:
    """Whether the key is a control word of OData; the type is none, because a write needs it."""
    return "@odata." in key and not key.startswith("@odata.type")
