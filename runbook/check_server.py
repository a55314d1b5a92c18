"""What a domain controller says of itself -> checks of its TLS, certificate and clock. Pure."""

from __future__ import annotations

from datetime import datetime

from runbook.check_line import Check
from runbook.directory_facts import ServerFacts
from runbook.settings import DirectorySettings

_SKEW_SECONDS = 60.0
_KERBEROS_SECONDS = 300.0  # what Kerberos bears (RFC 4120, the default of AD's policy)
_DAYS_OF_NOTICE = 30


def server_checks(server: str, facts: ServerFacts, now: datetime, settings: DirectorySettings) -> list[Check]:
    """The checks of one server that accepted the bind; `now` is the worker's clock."""
    account = settings.user or "the worker's Kerberos identity"
    bound = Check(f"domain controller {server}", "ok", f"{facts.tls or 'TLS'}, certificate trusted; bound as {account}")
    return [bound, _certificate(server, facts, now), _clock(server, facts, now)]


def _certificate(server: str, facts: ServerFacts, now: datetime) -> Check:
    subject = f"certificate of {server}"
    if facts.certificate_ends is None:
        return Check(subject, "warn", "it does not tell how long it is valid", "look at the certificate on the server")
    days = (facts.certificate_ends - now).days
    said = f"valid until {facts.certificate_ends:%Y-%m-%d}, {days} days"
    return Check(subject, "ok", said) if days > _DAYS_OF_NOTICE else Check(subject, "warn", said, "renew it in time")


def _clock(server: str, facts: ServerFacts, now: datetime) -> Check:
    subject = f"clock of {server}"
    if facts.time is None:
        return Check(subject, "warn", "the server does not tell its time", "compare the clocks by hand")
    skew = abs((facts.time - now).total_seconds())
    said = f"{skew:.0f} s from the worker's clock"
    if skew <= _SKEW_SECONDS:
        return Check(subject, "ok", said)
    fix = "let the worker and the domain controller take their time from one source (w32tm, chrony)"
    return Check(subject, "warn" if skew <= _KERBEROS_SECONDS else "fail", said, fix)
