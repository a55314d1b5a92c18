from __future__ import annotations

import pytest

from provision.sandbox.directory import control
from provision.sandbox.directory.control import Controls, Page, read_controls
from provision.sandbox.directory.refusal import Refused
from provision.sandbox.directory.request import Control


def asked(oid: str, value: bytes | None = None, *, critical: bool = True) -> Controls:
    return read_controls([Control(oid, critical, value)])


@pytest.mark.parametrize(
    ("oid", "value", "expected"),
    [
        (control.PAGED, b"\x30\x06\x02\x01\x32\x04\x01x", Controls(page=Page(50, b"x"))),
        (control.EXTENDED_DN, b"\x30\x03\x02\x01\x01", Controls(names="text")),
        (control.EXTENDED_DN, b"\x30\x03\x02\x01\x00", Controls(names="hex")),
        (control.EXTENDED_DN, None, Controls(names="hex")),
        (control.DOMAIN_SCOPE, None, Controls(domain_scope=True)),
        (control.PERMISSIVE_MODIFY, None, Controls(permissive=True)),
        (control.RANGE_NO_ERROR, None, Controls(range_no_error=True)),
    ],
)
def test_a_known_control_is_read(oid: str, value: bytes | None, expected: Controls) -> None:
    assert asked(oid, value) == expected


def test_an_unknown_control_is_refused_only_when_it_is_critical() -> None:
    assert asked("1.2.3", critical=False) == Controls()
    with pytest.raises(Refused) as refused:
        asked("1.2.3")
    assert refused.value.result.code == 12


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (control.PAGED, None),
        (control.PAGED, b"\x30\x03\x02\x01\x32"),
        (control.PAGED, b"\x30\x05\x02\x01\xff\x04\x00"),
        (control.EXTENDED_DN, b"\x30\x03\x02\x01\x07"),
        (control.EXTENDED_DN, b"garbage"),
    ],
)
def test_a_value_that_is_not_the_controls_own_is_a_protocol_error(oid: str, value: bytes | None) -> None:
    with pytest.raises(Refused) as refused:
        asked(oid, value)
    assert refused.value.result.code == 2
