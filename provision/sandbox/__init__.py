"""The sandbox: Azure, Entra, a hybrid worker and a domain controller on this machine, for the real clients to talk to.

It is an environment like any other (other endpoints, same code), and shares no code with the clients it judges:
nothing here imports the rest of `provision` or anything of `runbook`. I/O inside: listening sockets on the loopback
interface, child processes of the Automation worker, and files in the sandbox's own state folder.
"""
