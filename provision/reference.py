"""Puts what services have answered in the place of References. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provision.resource import Address, Json, Reference

Answers = Mapping[Address, Mapping[str, Json] | None]


def resolve(value: Any, answers: Answers) -> Any:
    """`value` with every Reference replaced that `answers` can tell; the others stay."""
    if isinstance(value, Reference):
        told = _told(value, answers)
        return value if told is None else told
    if isinstance(value, Mapping):
        return {key: resolve(item, answers) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, answers) for item in value]
    return value


def unresolved(value: Any) -> Iterator[Reference]:
    """The References left in `value`."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from unresolved(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unresolved(item)


def _told(reference: Reference, answers: Answers) -> Json:
    answer: Json = answers.get(reference.address)
    for step in reference.path:
        if not isinstance(answer, Mapping):
            return None
        answer = answer.get(step)
    return answer
