from __future__ import annotations

from provision.locking import relock
from provision.mapping_lock import Pin
from runbook.group_name import GroupName, parse_group_name

ONE, TWO, THREE = (f"12345678-1234-1234-1234-12345678900{n}" for n in (1, 2, 3))


def names(*texts: str) -> list[GroupName]:
    return [parse_group_name(text) for text in texts]


def pins(**guids: str) -> list[Pin]:
    return [Pin(parse_group_name(name), guid) for name, guid in guids.items()]


def found(**guids: str) -> dict[GroupName, str]:
    return {parse_group_name(name): guid for name, guid in guids.items()}


def test_new_changed_and_needless_pins_are_told_apart() -> None:
    made = relock(names("A", "B", "C"), pins(a=ONE, B=TWO, D=THREE), found(A=ONE, B=ONE, C=THREE, X=TWO))

    assert {str(pin.name): pin.guid for pin in made.pins} == {"A": ONE, "B": ONE, "C": THREE}
    assert list(made.told()) == [f"  + C: {THREE}", f"  ~ B: {TWO} -> {ONE}", f"  - D: {THREE}"]
    assert made.unknown == ()
    assert made.document() == {
        "locked": {"A": ONE, "B": ONE, "C": THREE},
        "new": ["C"],
        "changed": {"B": {"before": TWO, "after": ONE}},
        "gone": ["D"],
        "unknown": [],
    }


def test_a_name_without_a_group_keeps_the_pin_that_it_had() -> None:
    made = relock(names("A", "B"), pins(A=ONE), {})

    assert made.pins == tuple(pins(A=ONE))
    assert list(made.told()) == []
    assert [str(name) for name in made.unknown] == ["A", "B"]


def test_a_lock_file_that_says_it_all_stays_as_it_is() -> None:
    made = relock(names("A"), pins(A=ONE), found(A=ONE))

    assert (list(made.told()), made.unknown) == ([], ())
