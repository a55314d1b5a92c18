"""`lockstep render --format arm`: what Resource Manager holds, as one deployment template. Reads like `plan`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from provision import mapping_source, preflight
from provision.arm_template import template
from provision.bundle import bundle
from provision.commands.opening import opened
from provision.commands.pipeline import connected, look
from provision.desired import blueprint, desired
from provision.narrowing import chosen, narrowed
from provision.terminal import Terminal


def arm(reference: str, catalogs: Sequence[str], terminal: Terminal) -> int:
    """Prints the template as JSON; 0.

    Raises:
        ProvisionError: the files or the services do not allow a plan either, or a template cannot hold it all.
    """
    environment = opened(reference, terminal)
    source = mapping_source.read(environment)
    mapping = mapping_source.parsed(source)
    with connected(environment) as azure:
        found = look(environment, azure, terminal)
    preflight.check(found, source, mapping, datetime.now(UTC))
    wanted = desired(blueprint(found, mapping, source, bundle().text))
    if catalogs:
        wanted = narrowed(wanted, chosen(found, catalogs), shared=True)
    terminal.result(json.dumps(template(environment, wanted), indent=2, ensure_ascii=False))
    return 0
