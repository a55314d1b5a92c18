"""The address of a Logic App's trigger, with and without what is secret or only spelling. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

SIGNATURE = ("sp", "sv", "sig", "se")


def unsigned(url: str) -> str:
    """The address without its signature, which is a key to the trigger and belongs into no plan, log or body."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in SIGNATURE]
    return parts._replace(query=urlencode(query), fragment="").geturl()


def same(one: str, other: str) -> bool:
    """Whether two addresses lead to the same trigger, whatever the case of the host and with or without port 443."""
    return _normalised(one) == _normalised(other)


def _normalised(url: str) -> tuple[str, str, int, str, tuple[tuple[str, str], ...]]:
    parts = urlsplit(unsigned(url))
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return parts.scheme, (parts.hostname or "").lower(), parts.port or 443, parts.path, query
