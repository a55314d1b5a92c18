"""The doctor: every link of the chain checked, each with its remedy. Reads only, and judges only what was read.

    stage          from -> to                                                      may touch
    gathering      environment -> facts: what could be read, and what could not    reads Azure and Graph
    drawing        inventory -> what should be there, and the plan towards it      nothing
    noting         a reader that notes what cannot be read instead of stopping     reads Azure and Graph
    last_sweep     the job that the schedule started last                          reads Azure
    examination    facts -> checks, area by area                                   nothing

The areas: `credential`, `graph_permission` and `azure_permission` (who runs `lockstep`), `account` and `worker` (what
runs the jobs), `mapping` (catalogs and access packages), `runbook`, `sweep`, `logic_app`, `role`, `extension`,
`binding` and `lifecycle` (what `apply` makes; `planned` turns the plan into checks), `clock`, and `directory` (what a
job on the worker says of AD).

A check that cannot be made is `unknown` and says what is missing. It is never taken for a good one.
"""
