"""Who is who at a bind (MS-ADTS 5.1.1.1.1), as Active Directory decides it."""

from __future__ import annotations

from hmac import compare_digest

from provision.sandbox.directory import reference, refusal
from provision.sandbox.directory.domain import DISABLED, Domain
from provision.sandbox.directory.refusal import Refused
from provision.sandbox.directory.store import Entry


def authenticate(domain: Domain, name: str, password: str) -> Entry:
    r"""The account that binds by DN, user principal name or `DOMAIN\name`.

    Raises:
        Refused: 49 with `data 52e` for an unknown name or a wrong password (AD does not say which), with `data 533`
            for a disabled account and its right password.
    """
    entry = _named(domain, name)
    expected = domain.passwords.get(entry.guid) if entry else None
    if entry is None or expected is None or not compare_digest(expected.encode(), password.encode()):
        raise refusal.bad_credentials("52e")
    if entry.number("userAccountControl") & DISABLED:
        raise refusal.bad_credentials("533")
    return entry


def _named(domain: Domain, name: str) -> Entry | None:
    prefix, backslash, account = name.partition("\\")
    if backslash and prefix.casefold() == domain.store.realm.name.casefold():
        return domain.store.by_account(account)
    if "@" in name and "=" not in name:
        wanted = name.casefold()
        return next((entry for entry in domain.store if entry.text("userPrincipalName").casefold() == wanted), None)
    try:
        return reference.look_up(domain.store, reference.parse(name))
    except Refused:
        return None
