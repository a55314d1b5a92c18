r"""How a group may be named in a mapping or a deny list, and how two such names are compared.

Forms: `Group_A` (sAMAccountName), `DOMAIN\Group_A`, a distinguished name, a GUID, a SID. Nothing here reads or writes
anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.distinguished_name import DistinguishedNameInvalid, canonical_dn, fold

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
SID = re.compile(r"S-1-\d{1,15}(-\d{1,10}){1,15}", re.IGNORECASE)
_NO_ACCOUNT = re.compile(r'["/\\\[\]:;|=,+*?<>\x00-\x1f\x7f]')
_HALF_LETTER = re.compile("[\ud800-\udfff]")
_LONGEST_ACCOUNT = 256
_LARGEST_AUTHORITY, _LARGEST_PART = 2**48 - 1, 2**32 - 1  # MS-DTYP 2.4.2


class GroupNameInvalid(ValueError):
    """The text names no group in any of the forms; the message says why."""


@dataclass(frozen=True, slots=True)
class GroupName:
    """A group as somebody wrote it.

    `form` is account, dn, guid or sid; `key` is the spelling that is compared within that form; `domain` is the folded
    NetBIOS name in front of an account, or empty.
    """

    text: str
    form: str
    key: str
    domain: str = ""

    @property
    def comparable(self) -> tuple[str, str, str]:
        """The same for every spelling of the name."""
        return self.form, self.domain, self.key

    def __str__(self) -> str:
        """As it was written."""
        return self.text


def parse_group_name(text: str) -> GroupName:
    """The group name in `text`.

    Raises:
        GroupNameInvalid: the text is in none of the forms.
    """
    if not text.strip():
        raise GroupNameInvalid("is empty; write the group's name")
    if text != text.strip():
        raise GroupNameInvalid(f"'{text}' begins or ends with a blank; remove it")
    if _HALF_LETTER.search(text):
        raise GroupNameInvalid(f"{text!a} has half of a surrogate pair, which is no letter")
    bare = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    if GUID.fullmatch(bare):
        return GroupName(text, "guid", bare.lower())
    if SID.fullmatch(text):
        _check_sid(text)
        return GroupName(text, "sid", text.upper())
    if "=" in text:
        return GroupName(text, "dn", _dn_key(text))
    domain, _, account = text.rpartition("\\")
    for part in (domain, account) if "\\" in text else (account,):
        _check_account(text, part)
    return GroupName(text, "account", fold(account), fold(domain))


def _check_sid(text: str) -> None:
    authority, *parts = map(int, text.split("-")[2:])
    if authority > _LARGEST_AUTHORITY or max(parts) > _LARGEST_PART:
        raise GroupNameInvalid(f"'{text}' is not a SID: one of its numbers is too large")


def _dn_key(text: str) -> str:
    try:
        return canonical_dn(text)
    except DistinguishedNameInvalid as error:
        raise GroupNameInvalid(f"'{text}' is neither a group name nor a distinguished name: {error}") from error


def _check_account(text: str, part: str) -> None:
    wrong = _NO_ACCOUNT.search(part)
    if wrong:
        raise GroupNameInvalid(f"'{text}' has the character {wrong.group()!r}, which no AD account name can have")
    if not part or len(part) > _LONGEST_ACCOUNT:
        raise GroupNameInvalid(f"'{text}' is not a group name: write Group_A, DOMAIN\\Group_A, a DN, a GUID or a SID")
