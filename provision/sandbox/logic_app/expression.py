"""The expression language of workflow definitions: any string of a definition to its tree.

Pure. A string that starts with `@` is one expression and keeps its type; `@{...}` inside text is interpolated; `@@` at
the start and `@@{` inside stand for themselves. Errors are worded after the service's engine.
"""

from __future__ import annotations

from functools import lru_cache

from provision.sandbox.logic_app.reader import Reader
from provision.sandbox.logic_app.tree import ExpressionError, Interpolation, Literal, Node

LONGEST = 8192
"""Characters of one expression that the service accepts."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of any string of a definition; plain text becomes a literal.

    Raises:
        ExpressionError: the text holds an expression that cannot be read.
    """
    if text.startswith("@@"):
        return Literal(text[1:])
    if text.startswith("@") and not text.startswith("@{") and len(text) > 1:
        return _expression(text[1:])
    if "@{" in text:
        return _interpolation(text)
    return Literal(text)


def _expression(source: str) -> Node:
    if len(source) > LONGEST:
        raise ExpressionError(f"The expression of {len(source)} characters exceeds the limit of {LONGEST}.")
    return Reader(source).whole()


def _interpolation(text: str) -> Node:
    parts: list[Node] = []
    plain, at = "", 0
    while at < len(text):
        if text.startswith("@@{", at):
            plain, at = plain + "@{", at + 3
        elif text.startswith("@{", at):
            end = _closing_brace(text, at)
            if plain:
                parts.append(Literal(plain))
            parts.append(_expression(text[at + 2 : end]))
            plain, at = "", end + 1
        else:
            plain, at = plain + text[at], at + 1
    if plain:
        parts.append(Literal(plain))
    return Interpolation(tuple(parts))


def _closing_brace(text: str, start: int) -> int:
    quoted = False
    for at in range(start + 2, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif text[at] == "}" and not quoted:
            return at
    raise ExpressionError(
        f"The template language expression '{text}' is not valid: the string interpolation segment starting at "
        f"position '{start}' is not terminated."
    )
