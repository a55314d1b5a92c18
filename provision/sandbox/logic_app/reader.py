"""Reads one expression, from its first character after `@` or `@{` to its end.

Pure. The grammar of Microsoft's engine: strings in single quotes, numbers, constants, calls, steps; no operators.
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
        self._source = source
        self._at = 0

    def whole(self) -> Node:
        """The tree of the expression, which must end where the text ends.

        Raises:
            ExpressionError: it cannot be read.
        """
        node = self._term()
        self._expect("", "EndOfData")
        return node

    def _peek(self) -> tuple[str, str]:
        match = _TOKEN.match(self._source, self._at)
        if match is None:
            position = len(self._source) - len(self._source[self._at :].lstrip())
            raise ExpressionError(
                f"The template language expression '{self._source}' is not valid: the string character "
                f"'{self._source[position]}' at position '{position}' is not expected."
            )
        return str(match.lastgroup), match.group(str(match.lastgroup))

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        match = _TOKEN.match(self._source, self._at)
        self._at = match.end() if match else self._at
        return token

    def _accept(self, sign: str) -> bool:
        if self._peek() == ("sign", sign):
            self._take()
            return True
        return False

    def _expect(self, sign: str, name: str) -> None:
        kind, value = self._peek()
        if value != sign or kind not in {"sign", "end"}:
            raise self._unexpected(name)
        self._take()

    def _unexpected(self, wanted: str) -> ExpressionError:
        _, value = self._peek()
        return ExpressionError(
            f"Unable to parse template language expression '{self._source}': expected token '{wanted}' and actual "
            f"'{value or 'EndOfData'}'."
        )

    def _term(self) -> Node:
        kind, value = self._peek()
        if kind in {"end", "sign"}:
            raise self._unexpected("Identifier")
        self._take()
        if kind == "text":
            return Literal(value[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(self._number(value))
        if self._peek() != ("sign", "(") and value.lower() in _CONSTANTS:
            return Literal(_CONSTANTS[value.lower()])
        self._expect("(", "LeftParenthesis")
        return Call(value, self._arguments(), self._steps(), self._source)

    def _number(self, text: str) -> int | float:
        if re.fullmatch(r"[+-]?\d+", text):
            if not -(2**63) <= int(text) < 2**63:
                raise ExpressionError(
                    f"The template language expression '{self._source}' is not valid: the value '{text}' cannot be "
                    "converted to number."
                )
            return int(text)
        return float(text)

    def _arguments(self) -> tuple[Node, ...]:
        if self._accept(")"):
            return ()
        found = [self._term()]
        while self._accept(","):
            found.append(self._term())
        self._expect(")", "RightParenthesis")
        return tuple(found)

    def _steps(self) -> tuple[Step, ...]:
        found = []
        while self._peek()[1] in {"?", "[", "."} and self._peek()[0] == "sign":
            safe = self._accept("?")
            if self._accept("["):
                found.append(Step(self._term(), safe))
                self._expect("]", "RightSquareBracket")
            else:
                self._expect(".", "Dot")
                found.append(Step(Literal(self._name()), safe))
        return tuple(found)

    def _name(self) -> str:
        kind, value = self._peek()
        if kind != "name":
            raise self._unexpected("Identifier")
        self._take()
        return value
