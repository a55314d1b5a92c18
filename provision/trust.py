"""Which authorities a service's certificate is verified against. I/O: reads the file that the environment names."""

from __future__ import annotations

import ssl
from pathlib import Path

from provision.errors import ProvisionError


def check(ca_file: Path | None) -> None:
    """Reads the file, so that the SDKs, each with words of its own, need not be the first.

    Raises:
        ProvisionError: there is no certificate in it.
    """
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file)


def context(ca_file: Path | None) -> ssl.SSLContext:
    """For TLS with the usual authorities and those in `ca_file`.

    Raises:
        ProvisionError: there is no certificate in that file.
    """
    import httpx  # noqa: PLC0415 - only who talks needs it

    made = httpx.create_ssl_context()
    _load(made, ca_file)
    return made


def _load(made: ssl.SSLContext, ca_file: Path | None) -> None:
    if ca_file is None:
        return
    try:
        made.load_verify_locations(ca_file)
    except OSError as error:
        raise ProvisionError(
            f"{ca_file}: no certificates can be read from it: {error.strerror or error}. "
            "Correct `ca_file` under `cloud` in the environment file."
        ) from error
