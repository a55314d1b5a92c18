from __future__ import annotations

import pytest

from provision.sandbox.logic_app.expression import LONGEST, parse
from provision.sandbox.logic_app.tree import Call, ExpressionError, Interpolation, Literal, Step, calls


def test_a_call_keeps_its_arguments_and_the_steps_into_its_result() -> None:
    assert parse("@body('Http')?['a'].b[0]") == Call(
        "body",
        (Literal("Http"),),
        (Step(Literal("a"), safe=True), Step(Literal("b"), safe=False), Step(Literal(0), safe=False)),
        "body('Http')?['a'].b[0]",
    )


def test_text_with_an_expression_becomes_an_interpolation() -> None:
    tree = parse("a@@{x}@{true}")
    assert tree == Interpolation((Literal("a@{x}"), Literal(value=True)))


def test_every_call_is_found_also_in_arguments_and_steps() -> None:
    tree = parse("x@{concat(body('A'), parameters('p')?[variables('v')])}")
    assert [call.name for call in calls(tree)] == ["concat", "body", "parameters", "variables"]


def test_an_expression_of_the_longest_length_is_read_and_one_more_is_not() -> None:
    filler = "x" * (LONGEST - 2)
    assert parse(f"@'{filler}'") == Literal(filler)
    with pytest.raises(ExpressionError, match="exceeds the limit"):
        parse(f"@'{filler}y'")
