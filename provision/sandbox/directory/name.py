r"""Distinguished names (RFC 4514): parsed, compared and written as Active Directory does.

Two texts are one name when their `key` is equal: case, diacritics, width and the manner of escaping do not count.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+")
_PAIR = re.compile(r"[0-9a-fA-F]{2}")
_SPECIAL = '",+<>;=\\'

Key = tuple[tuple[tuple[str, str], ...], ...]


class NameInvalid(ValueError):
    """A text that is no distinguished name."""


def fold(text: str) -> str:
    """What AD compares of a string: without case, diacritics and width (MS-ADTS 6.5, NORM_IGNORE*)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn").casefold()


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: its RDNs, the object's own first, each a tuple of type and unescaped value."""

    rdns: tuple[tuple[tuple[str, str], ...], ...]

    @classmethod
    def parse(cls, text: str) -> Name:
        """The name that `text` writes.

        Raises:
            NameInvalid: it writes none.
        """
        if not text.strip():
            return cls(())
        return cls(tuple(tuple(_pair(part) for part in _split(rdn, "+")) for rdn in _split(text, ",")))

    @property
    def key(self) -> Key:
        """Equal for equal names."""
        return tuple(tuple(sorted((kind.lower(), fold(value)) for kind, value in rdn)) for rdn in self.rdns)

    @property
    def text(self) -> str:
        """The name as AD writes it."""
        return ",".join("+".join(f"{kind}={escape(value)}" for kind, value in rdn) for rdn in self.rdns)

    @property
    def parent(self) -> Name:
        """The name without its first RDN."""
        return Name(self.rdns[1:])

    @property
    def value(self) -> str:
        """The value of the first RDN."""
        return self.rdns[0][0][1]

    def child(self, kind: str, value: str) -> Name:
        """The name of an object directly below."""
        return Name((((kind, value),), *self.rdns))


def escape(value: str) -> str:
    """A value as part of a distinguished name (RFC 4514, section 2.4)."""
    text = "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in value)
    text = text.replace("\n", "\\0A").replace("\r", "\\0D").replace("\0", "\\00")
    if text.startswith(("#", " ")):
        text = f"\\{text}"
    if value.endswith(" ") and len(value) > 1:
        text = f"{text[:-1]}\\ "
    return text


def _split(text: str, separator: str) -> list[str]:
    parts, current, escaped = [], "", False
    for letter in text:
        if letter == separator and not escaped:
            parts.append(current)
            current = ""
            continue
        current += letter
        escaped = letter == "\\" and not escaped
    return [*parts, current]


def _pair(text: str) -> tuple[str, str]:
    kind, equals, value = text.partition("=")
    if not equals or not _TYPE.fullmatch(kind.strip()):
        raise NameInvalid(f"'{text}' is not of the form type=value")
    return kind.strip(), _unescape(_trim(value))


def _trim(value: str) -> str:
    value = value.lstrip(" ")
    stripped = value.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return value[: len(stripped) + 1] if backslashes % 2 and len(stripped) < len(value) else stripped


def _unescape(value: str) -> str:
    if not value or value.startswith("#"):
        raise NameInvalid("a value is empty or begins with an unescaped #")
    octets, position = bytearray(), 0
    while position < len(value):
        letter = value[position]
        pair = _PAIR.match(value, position + 1) if letter == "\\" else None
        if pair:
            octets.append(int(pair[0], 16))
        elif letter == "\\":
            if value[position + 1 : position + 2] not in {*_SPECIAL, "#", " "}:
                raise NameInvalid(f"'{value}' has a backslash that escapes nothing")
            octets += value[position + 1].encode()
        elif letter in '"<>;':
            raise NameInvalid(f"'{value}' has an unescaped {letter}")
        else:
            octets += letter.encode()
        position += 3 if pair else 1 + (letter == "\\")
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise NameInvalid(f"'{value}' has escapes that are no UTF-8") from error
