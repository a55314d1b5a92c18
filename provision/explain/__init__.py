"""Why a person is in a group: what Entra says of their assignments, joined with what a job found in AD.

`held` reads the assignments, `membership` reads what the job has told, `joining` puts both together into rows, and
`table` shows them. Only `held` reads anything, through the Reader it is given.
"""
