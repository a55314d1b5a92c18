"""What is wrong with an environment file, told with its place and with what to write instead. Pure.

The model says what is wrong, the document where it stands, and the model's JSON Schema which keys and examples belong
there. Values below a key that names a secret are never shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision.environment.document import Document, Path, Problem
from provision.environment.schema import Guide
from provision.errors import ProvisionError

_KINDS: Final = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "NoneType": "nothing",
}
_WANTED: Final = {
    "string_type": "text",
    "path_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}
_SECRET: Final = re.compile("secret|password|passwd|api_?key", re.IGNORECASE)
_PRIVATE: Final = {"password", "token", "token_variable"}


def invalid(name: str, problems: Sequence[Problem]) -> ProvisionError:
    """One error for all problems of the file `name`, in the order of the file."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = (f"{name}:{p.place.line}:{p.place.column}: {p.message}" for p in sorted(problems))
    return ProvisionError("\n".join([f"{name} has {count}:", *lines]))


def explained(error: ValidationError, document: Document, schema: dict[str, Any]) -> Iterator[Problem]:
    """Each of the model's errors as a problem of the document."""
    explanation = _Explanation(document, Guide(schema))
    for detail in error.errors(include_url=False):
        if not _follows(detail):
            yield explanation.problem(detail)


def _follows(detail: ErrorDetails) -> bool:
    """Whether this is only the consequence of another error: a default that needs it, a list without its bad items."""
    kind = detail["type"]
    return kind == "default_factory_not_called" or (kind == "too_short" and bool(detail["input"]))


class _Explanation:
    def __init__(self, document: Document, guide: Guide) -> None:
        self.document = document
        self.guide = guide

    def problem(self, detail: ErrorDetails) -> Problem:
        kind, way = detail["type"], detail["loc"]
        path = self._written(way)
        if kind == "missing":
            return Problem(self.document.key(path), self._missing(way, path))
        if kind == "extra_forbidden":
            return Problem(self.document.key(path), self._unknown(way, path))
        if kind in {"union_tag_invalid", "union_tag_not_found"}:
            return self._tag(detail, path)
        example = "" if kind == "located" else self._example(way)
        return Problem(self.document.of(path), f"{_dotted(path)}: {self._wrong(detail, path)}{example}")

    def _written(self, way: Path) -> Path:
        """The part of the way that stands in the file: the model's own steps and what is missing are left out."""
        path: Path = ()
        for step in way:
            if self.document.has((*path, step)):
                path = (*path, step)
        return path

    def _missing(self, way: Path, path: Path) -> str:
        key = str(way[-1])
        example = self.guide.example(way)
        advice = f"; write {_flow({key: example})}" if example is not None else ""
        return f'key "{key}" is missing{_inside(path)}{advice}'

    def _unknown(self, way: Path, path: Path) -> str:
        key, known = str(way[-1]), self.guide.keys(way[:-1])
        close = difflib.get_close_matches(key, known, n=1)
        advice = f'did you mean "{close[0]}"?' if close else f"known keys: {', '.join(known)}"
        if _SECRET.search(key):
            advice = "no secret belongs in this file; remove it"
        return f'unknown key "{key}"{_inside(path[:-1])}; {advice}'

    def _tag(self, detail: ErrorDetails, path: Path) -> Problem:
        """A section whose other keys depend on one key, which is missing or has an unknown value."""
        context = detail["ctx"]
        key, choices = context["discriminator"].strip("'"), ", ".join(self.guide.choices(detail["loc"]))
        if not self.document.has((*path, key)):
            return Problem(self.document.key(path), f'key "{key}" is missing{_inside(path)}; write one of {choices}')
        said = f"{_dotted((*path, key))}: '{context['tag']}' is not known; write one of {choices}"
        return Problem(self.document.of((*path, key)), said)

    def _wrong(self, detail: ErrorDetails, path: Path) -> str:
        kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
        if kind in {"value_error", "located"}:
            return str(context.get("error") or context["message"])
        if kind in _WANTED:
            return f"must be {_WANTED[kind]}, not {_shown(value, path)}{_quotes(kind, value)}"
        if kind == "literal_error":
            return f"{_shown(value, path)} is not one of {context['expected']}"
        if kind in {"greater_than_equal", "less_than_equal"}:
            limit = "at least" if kind.startswith("greater") else "at most"
            return f"{value} is not allowed; it must be {limit} {context.get('ge', context.get('le'))}"
        if kind == "too_short":
            return "is empty; list at least one"
        return detail["msg"][:1].lower() + detail["msg"][1:]

    def _example(self, way: Path) -> str:
        example = self.guide.example(way)
        return f" (for example {_flow(example)})" if example is not None else ""


def _dotted(path: Path) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the file"


def _inside(path: Path) -> str:
    return f" in {_dotted(path)}" if path else ""


def _shown(value: Any, path: Path) -> str:
    """What stands there, in words; never what may be a secret."""
    kind = _KINDS.get(type(value).__name__, type(value).__name__)
    if _PRIVATE.intersection(path):
        return kind
    if isinstance(value, str):
        return f"'{value}'"
    return f"{kind} ({value})" if isinstance(value, int | float) and not isinstance(value, bool) else kind


def _quotes(kind: str, value: Any) -> str:
    return "; put it in quotes" if kind in {"string_type", "path_type"} and isinstance(value, int | float) else ""


def _flow(value: Any) -> str:
    """The value on one line, as it would be written."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000).strip()
    text = text.removesuffix("\n...").strip()
    return text[1:-1] if isinstance(value, dict) and len(value) == 1 else text
