"""What ran, how it fared, and how it is done again: `lockstep status`, `runs` and `replay`.

I/O: only through the Reader and the Writer that are given; `record`, `report`, `status_report`, `status` and `period`
touch nothing.

    record    one run, joined from what was read           history   the runs of all Logic Apps, newest first
    status    how a catalog fares, in one word             replay    what a failed run was about, and what to do now
    resume    Entra's answer in the Logic App's place      period    "24h" -> a time
    report, status_report   as text and JSON
"""
