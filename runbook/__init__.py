"""What runs next to Active Directory: a job that brings the groups of people in step with Entra.

Who starts it (the envelope's `source`), and what it then does:
    - `entitlement`: a Logic App, when an access package was granted to a person or removed. The job asks Microsoft
      Graph which access packages the person has, looks up in the mapping which AD groups those stand for, asks AD
      which groups the person is in, and applies the difference. The callout's own word counts besides the list.
    - `lifecycle`, `reconcile`: a lifecycle workflow; `lockstep reconcile --user` or `replay`. The same for one
      person, by the list alone.
    - `check`: `lockstep doctor`. Looks at everything that the other jobs need, and changes nothing.
    - `sweep`: `lockstep reconcile --all`, or a schedule. The same for everybody, group by group; a dry run tells a plan
      and its checksum, and applying asks for that checksum.
    - `undo`, `explain`: the commands of that name. One takes back what a job did, the other changes nothing.
    - `release`: `lockstep destroy --memberships remove`. Everybody with an assignment leaves the groups that it gave.

What it promises:
    - A membership is removed only if every read was whole: all pages of Graph, the mapping, the person and each group
      found exactly once, nothing protected. Otherwise nothing is removed, the exit code is 1, and a sentence says why.
    - Only groups that the mapping names are touched; privileged people and groups never.
    - What was written is read back; what somebody else changed meanwhile is put right once, or told.
    - Running it again is harmless.
    - The last line of output is `LOCKSTEP-RESULT {...}`, whatever happened. No secret is ever written.

Begin with `job` (one person), `sweep` (everybody), `check` or `release`; each tells its run once.

Who may do what: `https` talks HTTPS; the modules whose names begin with `directory_` and `forest` talk LDAP; `secret`
asks the worker's own assets, `mapping_source` reads the worker's file, `audit_file` writes the worker's audit file,
`deadline` reads the clock, `main` reads arguments and prints. Everything else is pure, or works through these.
"""
