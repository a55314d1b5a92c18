"""Azure Automation: runbooks from draft to published, variables, worker groups, jobs, schedules, the hybrid worker.

I/O: only `worker_process` does any; it runs the published file in a child process, in a folder of its own.
"""
