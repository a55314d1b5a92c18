"""Microsoft Graph v1.0 as Lockstep meets it, and the life of a request for an access package.

Computes on values in memory; only `callout` sends anything, through the sandbox's one HTTP client.

    entitlement  the service, and the requester         odata, query_filter   $filter, $expand, $select, pages
    tenant       every row of every entity set          metadata, entity_types, complex_types   what Graph declares
    lifecycle    a request from submission to its end   stages, callout, resume   out to the Logic App, and back
    lifecycle_workflows    the other service of Identity Governance, with workflows and tasks of its own
"""
