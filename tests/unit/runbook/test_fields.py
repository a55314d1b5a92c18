from __future__ import annotations

from typing import Any

import pytest

from runbook.fields import Fields


class Wrong(Exception):
    """The test's own error."""


def fields(**values: Any) -> Fields:
    return Fields(values, "thing", Wrong, "mend it")


BROKEN = [
    (lambda: Fields([], "thing", Wrong), "thing: is not a JSON object"),
    (lambda: fields().text("a"), "thing: a is missing; mend it"),
    (lambda: fields(a=5).text("a"), "a is not a text"),
    (lambda: fields(a=5).text("a", needed=False), "a is not a text"),
    (lambda: fields(a="").text("a"), "a is empty"),
    (lambda: fields(a="x").guid("a"), "'x' is not a GUID"),
    (lambda: fields(a="http://h").url("a", "https"), "is not an address like https://host"),
    (lambda: fields(a="https://").url("a", "https"), "is not an address"),
    (lambda: fields(a="https://u:p@h").url("a", "https"), "is not an address"),
    (lambda: fields(a="https://h:x").url("a", "https"), "is not an address"),
    (lambda: fields(a="https://[").url("a", "https"), "is not an address"),
    (lambda: fields().array("a"), "a is missing"),
    (lambda: fields(a={}).array("a"), "a is not a list"),
    (lambda: fields(a=["x", 1]).texts("a"), "not a text"),
    (lambda: fields(a=[1]).inners("a"), "thing: a: is not a JSON object"),
    (lambda: fields().inner("a"), "thing: a: is not a JSON object"),
    (lambda: fields(a={}).inner("a").text("b"), "thing: a: b is missing"),
]


@pytest.mark.parametrize(("read", "message"), BROKEN)
def test_a_wrong_value_is_an_error_that_names_place_and_remedy(read: Any, message: str) -> None:
    with pytest.raises(Wrong) as refusal:
        read()

    assert message in str(refusal.value)


def test_right_values_come_out() -> None:
    guid = "1F2E3D4C-0000-4000-8000-ABCDEFABCDEF"
    given = fields(a="x", g=guid, u="https://h:8443/p/", o={"k": "v"}, l=["x"], n=None)

    assert given.text("a") == "x"
    assert given.guid("g") == guid.lower()
    assert given.url("u", "https") == "https://h:8443/p"
    assert given.inner("o").text("k") == "v"
    assert given.texts("l") == ["x"]
    assert given.text("n", needed=False) == given.text("absent", needed=False) == ""
