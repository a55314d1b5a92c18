"""Text as one word of a shell, as a value in an LDAP filter, as a comment. Pure.

Sources: POSIX quoting; PowerShell's language specification, where four curly quotes end a string as `'` does; RFC 4515.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

_SINGLE_QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])")
_FILTER: Final = {character: f"\\{ord(character):02x}" for character in "\\*()\x00"}
_LOST: Final = {'\\"': "\\22", "\\/": "\\2F", '"': "\\22", "/": "\\2F"}


def bash(text: str) -> str:
    """One word of bash, whatever it holds."""
    return shlex.quote(text)


def powershell(text: str) -> str:
    """One string of PowerShell, whatever it holds."""
    return "'" + _SINGLE_QUOTES.sub(r"\1\1", text) + "'"


def ldap_value(text: str) -> str:
    """A value inside an LDAP filter."""
    return "".join(_FILTER.get(character, character) for character in text)


def native_dn(text: str) -> str:
    """The same distinguished name without `"` and `/`, each as its hexadecimal escape.

    Windows PowerShell loses a double quote on the way to a program, and ADSI takes a slash for the end of a name.
    """
    return re.sub(r'\\\\|\\"|\\/|"|/', lambda found: _LOST.get(found[0], found[0]), text)


def comment(text: str) -> str:
    """One line of a comment; a line break in it would start a command."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
