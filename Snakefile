# The way of the data: a matrix of cells (conf) → a run of each cell → the results of each
# record → tables and charts of all cells → a report. conf/plan/plan.py says which files.
import pipeline

PLAN = pipeline.planned(config, workflow.basedir)
SCREEN = pipeline.screen(workflow, PLAN)
MEASURE, ANALYSE = pipeline.commands(workflow.basedir, PLAN, SCREEN)


onsuccess:
    SCREEN.succeed()


onerror:
    SCREEN.fail(log)


rule all:
    default_target: True
    input:
        PLAN.targets,


# A run, and the results of its record. It has no input: the folder's name holds a digest
# of all settings and of the code. It takes all cores, since nothing may run beside it.
rule measure:
    output:
        PLAN.record,
    log:
        PLAN.logs,
    priority: lambda cell: PLAN.priority(cell.cell)
    threads: workflow.cores
    params:
        command=lambda cell: MEASURE(cell.cell),
    shell:
        "{params.command} --parent $PPID"


# The results of all records, side by side; first those that are missing or outdated.
rule compare:
    input:
        PLAN.records,
    output:
        PLAN.comparisons,
        touch(PLAN.files.stamp),
    shell:
        "rm -f {PLAN.files.folder}/made~* &&"
        " {ANALYSE} compare --code {PLAN.parts.analysis} {PLAN.files.folder}/matrix.json"


# Copies of both for the last request, in a place that is always the same.
rule show:
    input:
        PLAN.compared,
    output:
        PLAN.shown,
        touch(PLAN.shown_stamp),
    shell:
        "rm -f outputs/.shown/* && {ANALYSE} show {PLAN.files.folder} outputs"


# A report of the same. Asked for alone it measures nothing.
rule report:
    input:
        PLAN.shown_stamp,
    output:
        PLAN.reports,
        touch(PLAN.report_stamp),
    shell:
        "rm -f outputs/.report/* && {ANALYSE} report {PLAN.files.folder} {PLAN.report_command}"
