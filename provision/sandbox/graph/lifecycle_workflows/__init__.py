"""Lifecycle Workflows (`identityGovernance/lifecycleWorkflows`) of the emulated Graph, and their runs for a user.

service      the parts wired together               entity_types, definitions   what Graph declares and brings
extensions   custom task extensions, extension_rules   workflows, workflow_rules, versions, deleted   the workflows
runs         task after task for one user, callout out to the Logic App, resume back, results to read
"""
