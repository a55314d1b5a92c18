"""Resource Manager: resource groups, roles, and Logic Apps as resources. Computes on values in memory; no I/O.

`door` checks token, subscription and role of every call; each other file is one resource type or its rules.
"""
