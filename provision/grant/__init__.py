"""The permissions that somebody gives once: what is needed, what is there, and the commands that give the rest.

    table        every operation of every identity, and the permission it takes       pure
    standing     the table for one environment, beside what is there                  pure
    reading      who the identities are, and what they hold                           reads Azure and Graph
    giving       one permission that is missing -> given                              writes Azure and Graph
    azure_script what is missing -> az commands                                       pure
    delegation   the mapped groups -> dsacls and samba-tool commands                  pure
    quoting      text -> a word of a shell, a value of an LDAP filter                 pure

Nothing here takes a permission away.
"""
