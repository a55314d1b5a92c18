from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.json_text import JsonInvalid, JsonNode, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BROKEN = [
    ("", (1, 1), "a value is missing"),
    ("{", (1, 2), "expected a key"),
    ('{"a" 1}', (1, 6), "expected ':'"),
    ('{"a": 1 "b": 2}', (1, 9), "expected ','"),
    ('{"a": 1,}', (1, 8), "comma before '}'"),
    ("[1,\n 2,\n]", (2, 3), "comma before ']'"),
    ("[1] 2", (1, 5), "more text after"),
    ("{a: 1}", (1, 2), "expected a key"),
    ("[NaN]", (1, 2), "NaN"),
    ('["\\x"]', (1, 3), "escape"),
    ('{"a":\n  "b', (2, 3), "unterminated"),
    ("nul", (1, 1), "expected a value"),
    ("[" * 40, (1, 34), "deeper"),
]


def plain(node: JsonNode) -> Any:
    if node.kind == "object":
        return {key.value: plain(value) for key, value in node.members}
    return [plain(item) for item in node.items] if node.kind == "array" else node.value


@given(VALUES, st.sampled_from([None, 1, 3]))
def test_every_document_means_what_the_standard_parser_says(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)

    assert plain(read_json(text)) == json.loads(text)


@given(st.text(alphabet='{}[],:"\\ \n01a', max_size=12))
def test_text_that_the_standard_parser_refuses_is_refused(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(JsonInvalid):
            read_json(text)
    else:
        read_json(text)


@pytest.mark.parametrize(("text", "place", "reason"), BROKEN)
def test_a_fault_is_shown_where_it_is(text: str, place: tuple[int, int], reason: str) -> None:
    with pytest.raises(JsonInvalid) as refusal:
        read_json(text)

    assert (refusal.value.line, refusal.value.column) == place
    assert reason in refusal.value.message


def test_values_know_their_place_and_doubled_keys_are_kept() -> None:
    root = read_json('\ufeff{\n  "a": 1,\r\n  "a": [true]\n}')

    assert [(key.value, key.line, key.column) for key, _ in root.members] == [("a", 2, 3), ("a", 3, 3)]
    assert root.members[1][1].items[0] == JsonNode("boolean", 3, 9, value=True)
