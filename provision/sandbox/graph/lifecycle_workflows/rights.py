"""Which application permissions Lifecycle Workflows asks for; source: Microsoft's permissions reference."""

from __future__ import annotations

from provision.sandbox.graph.permissions import Demand

ROOT = "/v1.0/identityGovernance/lifecycleWorkflows"
BETA = "/beta/identityGovernance/lifecycleWorkflows"
READ_ALL = "LifecycleWorkflows.Read.All"
WRITE_ALL = "LifecycleWorkflows.ReadWrite.All"
EXTENSIONS_WRITE = "LifecycleWorkflows-CustomExt.ReadWrite.All"
WORKFLOWS_READ = "LifecycleWorkflows-Workflow.Read.All"
WORKFLOWS_WRITE = "LifecycleWorkflows-Workflow.ReadWrite.All"

READ = Demand(frozenset({READ_ALL, WRITE_ALL, WORKFLOWS_READ, WORKFLOWS_WRITE}))
LIST = Demand(READ.permissions | {"LifecycleWorkflows-Workflow.ReadBasic.All"})
"""The list of workflows, which tells least of them."""
READ_REPORTS = Demand(READ.permissions | {"LifecycleWorkflows-Reports.Read.All"})
READ_EXTENSIONS = Demand(frozenset({READ_ALL, WRITE_ALL, "LifecycleWorkflows-CustomExt.Read.All", EXTENSIONS_WRITE}))
WRITE_EXTENSIONS = Demand(frozenset({WRITE_ALL, EXTENSIONS_WRITE}))
WRITE = Demand(frozenset({WRITE_ALL, WORKFLOWS_WRITE}))
ACTIVATE = Demand(frozenset({WRITE_ALL, "LifecycleWorkflows-Workflow.Activate"}))
RESUME = Demand(frozenset({WRITE_ALL}))
"""Of an app that the extension does not name as authorised."""
