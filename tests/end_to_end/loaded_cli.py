"""Loads what a command of the CLI loads, once, so that each process that is forked from here starts at once."""

from __future__ import annotations

import azure.identity
import azure.mgmt.automation
import azure.mgmt.logic  # noqa: F401 - to have it loaded
import kiota_authentication_azure.azure_identity_authentication_provider  # noqa: F401 - to have it loaded
import msgraph.graph_request_adapter
import msgraph.graph_service_client  # noqa: F401 - to have it loaded

import provision.commands.apply
import provision.commands.destroy
import provision.commands.plan  # noqa: F401 - to have it loaded
import tests.end_to_end.disturbed  # noqa: F401 - to have it loaded
