"""rootDSE: what the server says of itself to everybody (MS-ADTS 3.1.1.3.2)."""

from __future__ import annotations

from datetime import UTC, datetime

from provision.sandbox.directory.control import KNOWN
from provision.sandbox.directory.population import Realm
from provision.sandbox.directory.response import Found

START_TLS = "1.3.6.1.4.1.1466.20037"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"

_VALUES = {
    "supportedLDAPVersion": ("3",),
    "supportedControl": KNOWN,
    "supportedExtension": (START_TLS, WHO_AM_I),
    "supportedCapabilities": ("1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791"),
    "isSynchronized": ("TRUE",),
    "domainFunctionality": ("7",),
    "forestFunctionality": ("7",),
    "domainControllerFunctionality": ("7",),
}


def root_dse(realm: Realm, requested: tuple[str, ...], now: datetime) -> Found:
    """The entry without a name; no attributes requested, or `*`, means all. `now` is what the server's clock shows."""
    wanted = {name.lower() for name in requested}
    everything = not wanted or "*" in wanted
    shown = {"currentTime": (now.astimezone(UTC).strftime("%Y%m%d%H%M%S.0Z"),), **_contexts(realm), **_VALUES}
    chosen = ((name, values) for name, values in shown.items() if everything or name.lower() in wanted)
    return Found("", tuple((name, tuple(map(str.encode, values))) for name, values in chosen))


def _contexts(realm: Realm) -> dict[str, tuple[str, ...]]:
    configuration = f"CN=Configuration,{realm.root}"
    return {
        "defaultNamingContext": (realm.base,),
        "rootDomainNamingContext": (realm.root,),
        "configurationNamingContext": (configuration,),
        "schemaNamingContext": (f"CN=Schema,{configuration}",),
        "namingContexts": (realm.base, configuration, f"CN=Schema,{configuration}"),
        "dnsHostName": (f"dc1.{realm.dns}",),
    }
