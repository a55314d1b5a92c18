from __future__ import annotations

import pytest

from provision.environment.document import DocumentInvalid, Place, read

SYNTAX = [
    ("", 1, 1, "the file is empty"),
    ("# only a comment\n", 1, 1, "the file is empty"),
    ("a: 1\n\tb: 2\n", 2, 1, "indent with spaces, not with tabs"),
    ("a:\n  - 1\n b: 2\n", 3, 2, "not YAML"),
    ("a: b: c\n", 1, 5, "put a value that contains ': ' in quotes"),
    ("a: 'open\n", 2, 1, "a quote or a bracket is not closed"),
    ("a: [1, 2\n", 2, 1, "that begins in line 1"),
    ("a: *nowhere\n", 1, 4, "an alias needs an anchor"),
    ("a: @x\n", 1, 4, "put the value in quotes"),
    ("a: 1\n---\nb: 2\n", 2, 1, "write one environment in one file"),
    ("a: 1\nb: \x07\n", 2, 4, "this character has no place in YAML"),
    ("[" * 3000, 1, 1, "too deeply nested"),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), SYNTAX)
def test_what_is_not_yaml_is_told_with_its_place(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        read(text)

    assert caught.value.problem.place == Place(line, column)
    assert said in caught.value.problem.message


NOTATION = [
    ("a: 1\nb: 2\na: 3\n", 3, 1, 'key "a" is there twice; the first is in line 1: remove one'),
    ("base: &b {x: 1}\nc:\n  <<: *b\n", 3, 3, "merge keys (<<) are not supported; write the keys out"),
    ("a: !secret x\n", 1, 4, "the tag !secret is not supported; write the plain value"),
    ("[1, 2]: x\n", 1, 1, "a key must be text, not a list or a mapping"),
    ("a: &a [*a]\n", 1, 4, "this alias contains itself; write the value out"),
    ('{"a": "\\ud83d"}', 1, 7, "half of a surrogate pair is no letter; remove it"),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), NOTATION)
def test_notation_that_is_yaml_but_has_no_meaning_here_is_a_problem(
    text: str, line: int, column: int, said: str
) -> None:
    (problem,) = read(text).problems

    assert (problem.place, problem.message) == (Place(line, column), said)


SCALARS = [
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("true", True),
    ("False", False),
    ("trueish", "trueish"),
    ("2024-01-01", "2024-01-01"),
    ("1:30", "1:30"),
    ("0x1F", "0x1F"),
    ("15", 15),
    ("-1", -1),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    ("11111111-1111-4111-8111-111111111111", "11111111-1111-4111-8111-111111111111"),
    ("null", None),
    ("~", None),
    ("", None),
    ("'15'", "15"),
    ('"true"', "true"),
    ("!!str 15", "15"),
]


@pytest.mark.parametrize(("written", "value"), SCALARS)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    document = read(f"key: {written}\n")

    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)


def test_every_value_and_key_knows_its_place() -> None:
    document = read("a:\n  - x\n  - b: {c: d}\n")

    assert document.of(("a", 1, "b", "c")) == Place(3, 12)
    assert document.key(("a", 1, "b", "c")) == Place(3, 9)
    assert document.key(("a", 0)) == document.of(("a", 0)) == Place(2, 5)
    assert not document.has(("a", 2))


def test_json_is_read_too() -> None:
    document = read('{\n  "a": [1, "x"]\n}')

    assert document.value == {"a": [1, "x"]}
    assert document.of(("a", 1)) == Place(2, 12)


def test_json_may_be_indented_with_tabs_and_escape_its_letters() -> None:
    document = read('{\n\t"a":\t"\\u00e9\\ud83d\\ude00\\/"\n}')

    assert document.value == {"a": "é\U0001f600/"}
    assert document.of(("a",)) == Place(2, 7)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    with pytest.raises(DocumentInvalid, match="too many values"):
        read("\n".join(lines))


def test_a_byte_order_mark_is_no_character() -> None:
    assert read("\ufeffa: 1\n").of(("a",)) == Place(1, 4)


def test_an_alias_stands_where_its_anchor_is() -> None:
    document = read("a: &x {b: c}\nd: *x\n")

    assert document.value == {"a": {"b": "c"}, "d": {"b": "c"}}
    assert document.of(("d", "b")) == Place(1, 11)
    assert document.problems == ()
