"""Loads what a command of the CLI loads, once, so that each process that is forked from here starts at once."""

from __future__ import annotations

import azure.identity
import azure.mgmt.automation
import azure.mgmt.logic
import kiota_authentication_azure.azure_identity_authentication_provider
import msgraph.graph_service_client

import tests.end_to_end.disturbed  # noqa: F401 - importing is what this module is for
