"""Azure Logic Apps (Consumption) in the sandbox: evaluates the deployed definition, refuses what it cannot.

I/O: HTTP through the `Outside` that the host is given, threads for runs; everything else in here is pure.
"""
