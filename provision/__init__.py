"""Provisioning: from one environment file to a running chain in Azure, Entra and Automation, and back.

    stage          from -> to                                                            may touch
    environment    environments/NAME.yaml -> Environment, or every problem at once       reads files
    mapping_source Environment -> the mapping's text                                     reads files, GitHub
    reading        Environment -> inventory: what is there, everything read once         reads Azure and Graph
    bundle         the package runbook -> the one file that is uploaded                  reads files
    workflow       a catalog -> its Logic App's definition                               reads a template
    desired        Environment and names -> the resources there should be                nothing
    actual         inventory -> the resources there are, in the same shape               nothing
    plan           (desired, actual) -> Create / Update / Delete, by plain equality      nothing
    report         plan -> text, JSON, Markdown                                          nothing
    apply          plan -> the changes made, in order, each verified                     writes Azure and Graph
    jobs           an envelope -> a job that has ended, its result and checks            writes Azure
    runs           Environment -> what ran: run, job, outcome, request                   reads Azure and Graph
    status         (desired, actual, what ran) -> how each catalog fares                 nothing
    replay         a run, a job or a person -> what is to be repeated                    reads Azure and Graph
    resume         the answer to a callout that Entra still waits for                    writes Graph
    release        what is at stake when memberships are to go                           reads Graph
    release_job    the job that takes them away                                          writes Azure
    job_key        the setting that lets one job do what others may not                  writes Azure
    sweep_job      a job about everybody, or one that undoes                             writes Azure
    sweep_record   a job's output -> what it would change, or has changed                nothing
    sweep_report   ... -> a table, JSON                                                  nothing
    undo_changes   a job's output -> what there is to undo                               nothing
    undo_variable  ... -> where the job that undoes finds it                             writes Azure
    doctor         inventory, plan and what else can be read -> checks with remedies     reads Azure and Graph

`grant/` knows the permissions that somebody gives once, `arm_template` writes the desired resources as a deployment
template. `kinds/` has one pure module for each kind of resource; `azure/` the wires to Resource Manager and Graph,
and nothing else holds an SDK; `commands/` one module for each command; `cli` turns arguments into a command and its
errors into exit codes; `sandbox/` is an environment that runs on this machine and shares nothing with the rest.

There is no state file: what is ours carries a tag or a mark and has a name that follows from the environment. Every
command can be run again; `destroy` is the same run with nothing desired.
"""
