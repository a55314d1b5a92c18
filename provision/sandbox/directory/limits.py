"""The limits that a directory sets its clients: AD's LDAP policies (MS-ADTS 3.1.1.3.4.6) with their defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`page_size` entries in an answer (MaxPageSize), `value_range` values of an attribute (MaxValRange), and patience.

    A client must complete TLS within `handshake_seconds` (InitRecvTimeout) and may be silent for `idle_seconds`
    (MaxConnIdleTime). `permissive_modify` says whether that control counts for `member`: at AD yes, at Samba no.
    """

    page_size: int = 1000
    value_range: int = 1500
    handshake_seconds: float = 120.0
    idle_seconds: float = 900.0
    permissive_modify: bool = True
