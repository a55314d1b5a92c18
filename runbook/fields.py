"""A JSON object whose values are checked as they are taken out: envelope, settings, and the answers of Graph.

Nothing here reads or writes anything.
"""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlsplit

from runbook.group_name import GUID


class Fields:
    """The members of a JSON object.

    `where` names the object in messages, `remedy` ends them, `error` is the exception that carries them.
    """

    def __init__(self, value: Any, where: str, error: type[Exception], remedy: str = "") -> None:
        self._where = where
        self._error = error
        self._remedy = remedy
        if not isinstance(value, dict):
            raise error(self._sentence("is not a JSON object"))
        self.values: dict[str, Any] = value

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raises the error: `problem` is what is wrong with the member `key`."""
        raise self._error(self._sentence(f"{key} {problem}"))

    def text(self, key: str, *, needed: bool = True) -> str:
        """A text; when it is not needed, absent and null are an empty one."""
        value = self.values.get(key)
        if value is None and not needed:
            return ""
        if not isinstance(value, str):
            self.refuse(key, "is missing" if value is None else "is not a text")
        if needed and not value:
            self.refuse(key, "is empty")
        return value

    def guid(self, key: str, *, needed: bool = True) -> str:
        """A GUID, in lower case."""
        value = self.text(key, needed=needed)
        if value and not GUID.fullmatch(value):
            self.refuse(key, f"{value!r} is not a GUID")
        return value.lower()

    def count(self, key: str) -> int:
        """A whole number, not negative."""
        value = self.values.get(key)
        if type(value) is not int or value < 0:  # True is an int too
            self.refuse(key, "is missing" if value is None else "is not a count")
        return value

    def flag(self, key: str) -> bool:
        """True or false; absent is false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "is neither true nor false")
        return value

    def url(self, key: str, *schemes: str) -> str:
        """A URL with one of the schemes, a host and no password, without slash at the end."""
        value = self.text(key)
        try:
            parts = urlsplit(value)
            whole = parts.scheme in schemes and bool(parts.hostname) and parts.username is None and parts.port != 0
        except ValueError:
            whole = False
        if not whole:
            self.refuse(key, f"{value!r} is not an address like {schemes[0]}://host")
        return value.rstrip("/")

    def inner(self, key: str) -> Fields:
        """An object inside."""
        return Fields(self.values.get(key), f"{self._where}: {key}", self._error, self._remedy)

    def array(self, key: str) -> list[Any]:
        """An array, of anything."""
        value = self.values.get(key)
        if not isinstance(value, list):
            self.refuse(key, "is missing" if value is None else "is not a list")
        return value

    def inners(self, key: str) -> list[Fields]:
        """The objects in an array."""
        return [Fields(item, f"{self._where}: {key}", self._error, self._remedy) for item in self.array(key)]

    def texts(self, key: str) -> list[str]:
        """The texts in an array."""
        values = self.array(key)
        for value in values:
            if not isinstance(value, str):
                self.refuse(key, "has an entry that is not a text")
        return values

    def _sentence(self, problem: str) -> str:
        return f"{self._where}: {problem}" + (f"; {self._remedy}" if self._remedy else "")
