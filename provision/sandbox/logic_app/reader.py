"""Reads one expression, from its first character after `@` or `@{` to its end.

Pure. The grammar is that of Microsoft's engine: strings in single quotes, numbers, constants, calls, steps; no operators.
"""

from __future__ import annotations

import re

from provision.sandbox.logic_app.tree import Call, ExpressionError, Literal, Node, Step

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$-]*)|(?P<sign>[()\[\],.?])|(?P<end>$))"
)
_CONSTANTS = {"true": True, "false": False, "null": None}


class Reader:
    """A cursor over the tokens of one expression."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def peek(self) -> tuple[str, str]:
        match = _TOKEN.match(self.source, self.at)
        if match is None:
            position = len(self.source) - len(self.source[self.at :].lstrip())
            raise ExpressionError(
                f"The template language expression '{self.source}' is not valid: the string character "
                f"'{self.source[position]}' at position '{position}' is not expected."
            )
        return str(match.lastgroup), match.group(str(match.lastgroup))

    def take(self) -> tuple[str, str]:
        token = self.peek()
        match = _TOKEN.match(self.source, self.at)
        self.at = match.end() if match else self.at
        return token

    def accept(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self.take()
            return True
        return False

    def expect(self, sign: str, name: str) -> None:
        kind, value = self.peek()
        if value != sign or kind not in {"sign", "end"}:
            raise self.unexpected(name)
        self.take()

    def unexpected(self, wanted: str) -> ExpressionError:
        _, value = self.peek()
        return ExpressionError(
            f"Unable to parse template language expression '{self.source}': expected token '{wanted}' and actual "
            f"'{value or 'EndOfData'}'."
        )

    def term(self) -> Node:
        kind, value = self.peek()
        if kind in {"end", "sign"}:
            raise self.unexpected("Identifier")
        self.take()
        if kind == "text":
            return Literal(value[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(self.number(value))
        if self.peek() != ("sign", "(") and value.lower() in _CONSTANTS:
            return Literal(_CONSTANTS[value.lower()])
        self.expect("(", "LeftParenthesis")
        return Call(value, self.arguments(), self.steps(), self.source)

    def number(self, text: str) -> int | float:
        if re.fullmatch(r"[+-]?\d+", text):
            if not -(2**63) <= int(text) < 2**63:
                raise ExpressionError(
                    f"The template language expression '{self.source}' is not valid: the value '{text}' cannot be "
                    "converted to number."
                )
            return int(text)
        return float(text)

    def arguments(self) -> tuple[Node, ...]:
        if self.accept(")"):
            return ()
        found = [self.term()]
        while self.accept(","):
            found.append(self.term())
        self.expect(")", "RightParenthesis")
        return tuple(found)

    def steps(self) -> tuple[Step, ...]:
        found = []
        while self.peek()[1] in {"?", "[", "."} and self.peek()[0] == "sign":
            safe = self.accept("?")
            if self.accept("["):
                found.append(Step(self.term(), safe))
                self.expect("]", "RightSquareBracket")
            else:
                self.expect(".", "Dot")
                found.append(Step(Literal(self.name()), safe))
        return tuple(found)

    def name(self) -> str:
        kind, value = self.peek()
        if kind != "name":
            raise self.unexpected("Identifier")
        self.take()
        return value
