"""Who we are, by our own access token: its claims, and never the token. Pure.

Source: Microsoft's "Access token claims reference". The signature is not verified: Entra gave the token to us, and the
services judge it; this only tells people what they will find in it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from provision.errors import ProvisionError
from provision.resource import Json

CLAIMS: Final = ("appid", "azp", "oid", "tid", "idtyp", "roles", "scp")
"""What is kept: application, object and tenant id, and the permissions of an application or of a person's sign-in."""


def claims(token: str) -> Mapping[str, Json]:
    """The claims above, as far as the token has them.

    Raises:
        ProvisionError: the token is of a form that only its service can read.
    """
    parts = token.split(".")
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ProvisionError(
            "The access token cannot be read here, so its permissions are not known. Entra admin centre > Enterprise "
            "applications > the application > Permissions shows them."
        ) from None
    return {name: body[name] for name in CLAIMS if name in body}
