r"""Distinguished names as values that can be compared.

The text of a DN is not canonical: `CN=a\2Cb`, `CN=a\,b` and `cn=A\,B` name one object, and a directory answers in
the spelling it likes. Nothing here reads or writes anything.
"""

from __future__ import annotations

import re
import unicodedata

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+")
_HEX = "0123456789abcdefABCDEF"


class DistinguishedNameInvalid(ValueError):
    """The text is not a distinguished name; the message says what is wrong with it."""


def fold(text: str) -> str:
    """The form in which a directory compares names: composed, without case, single blanks, no blanks outside."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def canonical_dn(text: str) -> str:
    """The one spelling of a DN that stands for all its spellings.

    Raises:
        DistinguishedNameInvalid: an empty part, a missing `=`, an attribute name or an escape that LDAP does not have.
    """
    return ",".join(_canonical_rdn(part) for part in _split(text, ",;"))


def is_under(dn: str, base: str) -> bool:
    """Whether the object `dn` is `base` itself or lies below it."""
    parts, base_parts = _split(canonical_dn(dn), ","), _split(canonical_dn(base), ",")
    return parts[-len(base_parts) :] == base_parts


def _canonical_rdn(text: str) -> str:
    pairs = []
    for pair in _split(text, "+"):
        attribute, found, value = pair.partition("=")
        attribute = attribute.strip()
        if not found or not _ATTRIBUTE.fullmatch(attribute):
            raise DistinguishedNameInvalid(f"'{pair.strip()}' is not of the form attribute=value")
        folded = fold(_unescaped(value))
        if not folded:
            raise DistinguishedNameInvalid(f"'{pair.strip()}' has no value")
        pairs.append(f"{attribute.lower()}={_escaped(folded)}")
    return "+".join(sorted(pairs))


def _split(text: str, separators: str) -> list[str]:
    """The pieces between separators that no backslash escapes."""
    pieces, start, position = [], 0, 0
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        if text[position] in separators:
            pieces.append(text[start:position])
            start = position + 1
        position += 1
    return [*pieces, text[start:]]


def _unescaped(value: str) -> str:
    r"""The value itself: `\,` is a comma, `\C3\A9` is the UTF-8 of one letter; blanks outside are no part of it."""
    text = value.lstrip(" ")
    if text.startswith(("#", '"')):
        raise DistinguishedNameInvalid(f"'{text}' uses a notation (# or quotes) that is not supported here")
    raw, position = bytearray(), 0
    while position < len(text):
        letter = text[position]
        if letter != "\\":
            raw += letter.encode()
            position += 1
        elif len(pair := text[position + 1 : position + 3]) == 2 and all(digit in _HEX for digit in pair):
            raw.append(int(pair, 16))
            position += 3
        elif position + 1 < len(text):
            raw += text[position + 1].encode()
            position += 2
        else:
            raise DistinguishedNameInvalid(f"'{text}' ends in a lone backslash")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise DistinguishedNameInvalid(f"'{text}' has escapes that are not UTF-8") from error


def _escaped(value: str) -> str:
    return "".join("\\" + letter if letter in '\\,;+="<>#' else letter for letter in value)
