"""Microsoft.Automation: variables. A value is JSON text inside a string; an encrypted one never comes back."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from provision.sandbox.arm.door import document, stamp
from provision.sandbox.automation.account import ACCOUNT, TYPE, Account, ProviderRefusal, automation_error
from provision.sandbox.service import Answer, Call, Refusal, Route

VALUE_LIMIT = 1_048_576
_NAME = re.compile(r"[^<>*%&:\\?.+/\x00-\x1f]{1,127}[^<>*%&:\\?.+/\x00-\x1f ]|[^<>*%&:\\?.+/ \x00-\x1f]")


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    value: str | None
    description: str
    encrypted: bool
    created: datetime
    modified: datetime


class Variables:
    """The variables of the account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._variables: dict[str, _Variable] = {}

    def routes(self) -> Sequence[Route]:
        """List, read, write, delete."""
        variables = f"{ACCOUNT}/variables"
        return (
            Route("GET", variables, self._list),
            Route("GET", f"{variables}/{{name}}", self._get),
            Route("PUT", f"{variables}/{{name}}", self._put),
            Route("DELETE", f"{variables}/{{name}}", self._delete),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def names(self) -> list[str]:
        """The names of all variables, sorted."""
        with self._lock:
            return sorted(variable.name for variable in self._variables.values())

    def _admit(self, call: Call, verb: str) -> str:
        name = call.arguments["name"]
        self._account.admit(call, f"variables/{verb}", "variables", name)
        return name

    def _list(self, call: Call) -> Answer:
        self._account.admit(call, "variables/read")
        with self._lock:
            found = [self._variables[key] for key in sorted(self._variables)]
        return self._account.door.page(call, [self._render(variable) for variable in found])

    def _get(self, call: Call) -> Answer:
        name = self._admit(call, "read")
        with self._lock:
            found = self._variables.get(name.lower())
        if found is None:
            raise ProviderRefusal(404, "NotFound", f"The variable was not found. Variable name: {name}.")
        return Answer(200, self._render(found))

    def _put(self, call: Call) -> Answer:
        name = self._admit(call, "write")
        if not _NAME.fullmatch(name):
            raise ProviderRefusal(400, "BadRequest", f"The variable name '{name}' is not valid.")
        properties = document(call).get("properties") or {}
        value = _checked_value(properties.get("value"))
        now = self._account.clock.now()
        encrypted = properties.get("isEncrypted") is True
        made = _Variable(name, value, str(properties.get("description") or ""), encrypted, now, now)
        with self._lock:
            present = self._variables.get(name.lower())
            if present is not None:
                if present.encrypted != encrypted:
                    message = "The encryption of a variable cannot be changed after it was created."
                    raise ProviderRefusal(400, "BadRequest", message)
                made = replace(made, name=present.name, created=present.created)
            self._variables[name.lower()] = made
        return Answer(201 if present is None else 200, self._render(made))

    def _delete(self, call: Call) -> Answer:
        name = self._admit(call, "delete")
        with self._lock:
            removed = self._variables.pop(name.lower(), None)
        if removed is None:
            raise ProviderRefusal(404, "NotFound", f"The variable was not found. Variable name: {name}.")
        return Answer(200)

    def _render(self, variable: _Variable) -> dict[str, Any]:
        properties = {
            "description": variable.description,
            "isEncrypted": variable.encrypted,
            "creationTime": stamp(variable.created),
            "lastModifiedTime": stamp(variable.modified),
        }
        if not variable.encrypted:
            properties["value"] = variable.value or ""
        return {
            "id": f"{self._account.resource_id}/variables/{variable.name}",
            "name": variable.name,
            "type": f"{TYPE}/variables",
            "properties": properties,
        }


def _checked_value(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ProviderRefusal(400, "BadRequest", "The value of a variable must be a string that holds JSON text.")
    if len(value) > VALUE_LIMIT:
        raise ProviderRefusal(400, "BadRequest", f"The value of a variable has at most {VALUE_LIMIT} characters.")
    try:
        json.loads(value)
    except ValueError as error:
        message = "Invalid JSON - Kindly check the value of the variable."
        raise ProviderRefusal(400, "BadRequest", message) from error
    return value
