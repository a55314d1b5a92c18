"""What runs next to Active Directory: one job brings the groups of one person in step with Entra.

A job is started by a Logic App when entitlement management says that an access package was granted to a person or
removed. It asks Microsoft Graph which access packages the person has, looks up in the mapping which AD groups those
stand for, asks AD which groups the person is in, and applies the difference.

What it promises:
    - A membership is removed only if every read was whole: all pages of Graph, the mapping, the person and each group
      found exactly once, nothing protected. Otherwise nothing is removed, the exit code is 1, and a sentence says why.
    - Only groups that the mapping names are touched; privileged people and groups never.
    - Running it again is harmless.
    - The last line of output is `LOCKSTEP-RESULT {...}`, whatever happened. No secret is ever written.

Who may do what: `https` talks HTTPS, `directory_connection` and `directory_session` talk LDAP, `secret` asks the
worker's own assets, `mapping_source` reads the worker's file, `deadline` reads the clock, `main` reads arguments and
prints. Everything else is pure.
"""
