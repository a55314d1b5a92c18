"""Which authorities a service's certificate is verified against. I/O: reads the file that the environment names."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from provision.errors import ProvisionError


def context(ca_file: Path | None) -> ssl.SSLContext:
    """For TLS with the usual authorities and those in `ca_file`.

    Raises:
        ProvisionError: there is no certificate in that file.
    """
    made = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            made.load_verify_locations(ca_file)
        except OSError as error:
            raise ProvisionError(
                f"{ca_file}: no certificates can be read from it: {error.strerror or error}. "
                "Correct `ca_file` under `cloud` in the environment file."
            ) from error
    return made
