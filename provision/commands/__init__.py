"""One module for each command: what it does, told in terms of the pipeline; an exit code is its answer.

I/O: through the stages it calls, and the terminal for everything that is shown. Only here is the sandbox imported.
"""
