"""Deploys a template as Resource Manager would, as far as ours need it: expressions, conditions and their order.

Written from "ARM template functions"; shares nothing with what renders the template.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

Read = Callable[[str, str], Any]
"""Resource id and api-version -> the resource as the service answers it."""
Write = Callable[[str, str, Any], None]

_GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z][A-Za-z0-9]*)|(?P<sign>[(),.]))")


class Deployment:
    """One deployment of `template` into a resource group."""

    def __init__(self, template: Mapping[str, Any], group: str, read: Read, **parameters: str) -> None:
        self._template = template
        self._group = group
        self._read = read
        defaults = {name: given["defaultValue"] for name, given in template["parameters"].items()}
        self._parameters = {**defaults, **parameters}

    def run(self, write: Write) -> list[str]:
        """Makes every resource after those that it depends on; their ids in that order."""
        waiting = [r for r in self._template["resources"] if self.value(r.get("condition", True))]
        made: list[str] = []
        while waiting:
            ready = [r for r in waiting if all(self.value(needed) in made for needed in r.get("dependsOn", ()))]
            assert ready, f"these wait for each other: {[r['name'] for r in waiting]}"
            for resource in ready:
                identifier = self._identifier(resource)
                body = {k: self.value(v) for k, v in resource.items() if k not in _OF_TEMPLATE}
                write(identifier, resource["apiVersion"], body)
                made.append(identifier)
                waiting.remove(resource)
        return made

    def value(self, given: Any) -> Any:
        """The value with its expressions evaluated."""
        if isinstance(given, dict):
            return {key: self.value(item) for key, item in given.items()}
        if isinstance(given, list):
            return [self.value(item) for item in given]
        if not isinstance(given, str) or not (given.startswith("[") and given.endswith("]")):
            return given
        return given[1:] if given.startswith("[[") else _Expression(given[1:-1], self._functions()).value()

    def _identifier(self, resource: Mapping[str, Any]) -> str:
        kind, name = resource["type"], str(self.value(resource["name"]))
        if "scope" not in resource:
            return self._resource_id(kind, *name.split("/"))
        holder, own = self.value(resource["scope"]).rsplit("/", 1)
        return f"{self._resource_id(holder, own)}/providers/{kind}/{name}"

    def _resource_id(self, kind: str, *names: str) -> str:
        namespace, *types = kind.split("/")
        assert len(types) == len(names), (kind, names)
        pairs = "/".join(f"{one}/{name}" for one, name in zip(types, names, strict=True))
        return f"{self._group}/providers/{namespace}/{pairs}"

    def _functions(self) -> dict[str, Callable[..., Any]]:
        return {
            "parameters": lambda name: self._parameters[name],
            "resourceId": self._resource_id,
            "reference": lambda identifier, version, full: self._read(identifier, version) if full == "full" else None,
            "guid": lambda *parts: str(uuid.uuid5(_GUIDS, "-".join(parts))),
            "concat": lambda *parts: "".join(parts),
            "empty": lambda text: not text,
            "not": lambda truth: not truth,
        }


_OF_TEMPLATE = {"type", "apiVersion", "name", "scope", "dependsOn", "condition"}


class _Expression:
    """A call of a function, a text, and members of what comes of them."""

    def __init__(self, text: str, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._tokens = list(_TOKEN.finditer(text))
        assert "".join(match[0] for match in self._tokens) == text, text
        self._functions = functions
        self._place = 0

    def value(self) -> Any:
        """What it comes to."""
        result = self._one()
        assert self._place == len(self._tokens)
        return result

    def _one(self) -> Any:
        token = self._next()
        if token["text"]:
            return token["text"][1:-1].replace("''", "'")
        arguments = []
        assert self._next()["sign"] == "("
        while not self._take(")"):
            arguments.append(self._one())
            self._take(",")
        result = self._functions[token["name"]](*arguments)
        while self._take("."):
            result = result[self._next()["name"]]
        return result

    def _next(self) -> re.Match[str]:
        self._place += 1
        return self._tokens[self._place - 1]

    def _take(self, sign: str) -> bool:
        here = self._place < len(self._tokens) and self._tokens[self._place]["sign"] == sign
        self._place += here
        return here
