# The way of the data: a matrix of cells (conf) → a run of each cell under load → the
# results of each record → tables and charts of all cells → a report. conf/plan/plan.py
# says which files these are, and in which order cells are measured.
import pipeline

PLAN = pipeline.planned(config, workflow.basedir, workflow.overwrite_workdir)
HERE, MEASURE, ANALYSE = pipeline.commands(workflow.basedir, PLAN)
TRY, SHOW = pipeline.conformance_commands(workflow.basedir)
SCREEN = pipeline.screen(workflow, PLAN)
CORES = pipeline.cores(workflow)


# On a cluster, only cells are measured by jobs.
localrules:
    all,
    try_server,
    conformance,
    comparisons,
    show,
    report,
    archive,


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
    threads: CORES
    params:
        config=lambda cell: PLAN.config(cell.cell),
        label=lambda cell: PLAN.label(cell.cell),
        expected=lambda cell: SCREEN.expected(cell.cell),
    shell:
        "{MEASURE} {HERE}/{params.config} {HERE}/outputs/runs/{wildcards.cell:q}"
        " --logs {HERE}/outputs/logs/{wildcards.cell:q} --label {params.label:q}"
        " --parent $PPID {params.expected}"


# How far a server conforms to HTTP/1.1. It takes all cores as well, and begins when all
# cells are measured.
rule try_server:
    input:
        lambda server: PLAN.trials.before(server.server),
    output:
        "outputs/conformance/{server}/conformance.json",
    priority: PLAN.after_cells
    threads: CORES
    params:
        config=lambda server: PLAN.trials.start(server.server),
        options=lambda server: PLAN.trials.options(server.server),
    shell:
        "{TRY} {params.config:q} outputs/conformance/{wildcards.server:q}"
        " --parent $PPID {params.options}"


# The same, for a person. Asked for alone it measures nothing.
rule conformance:
    input:
        PLAN.trials.results,
    shell:
        "{SHOW} {input:q}"


# The results of all records, side by side. Those of a cell are made first if they are
# missing, or if other code made them.
rule comparisons:
    input:
        PLAN.records,
        PLAN.trials.results,
    output:
        PLAN.comparisons,
        touch(PLAN.files.stamp),
    shell:
        "rm -f {PLAN.files.folder}/made~* &&"
        " {ANALYSE} matrix --code {PLAN.parts.analysis} {PLAN.files.folder}/matrix.json"


# Copies of both for the last request, in a place that is always the same.
rule show:
    input:
        PLAN.files.stamp,
        PLAN.comparisons,
    output:
        PLAN.shown,
        touch(PLAN.shown_stamp),
    shell:
        "rm -f outputs/.shown/* && {ANALYSE} show {PLAN.files.folder} outputs"


# A report of the same. Asked for alone it measures nothing. What other code has made is
# made again first: Snakemake would not look behind copies that are there.
rule report:
    input:
        PLAN.files.stamp,
        PLAN.shown_stamp,
    output:
        PLAN.reports,
        touch(PLAN.report_stamp),
    shell:
        "rm -f outputs/.report/* && {ANALYSE} report {PLAN.files.folder} {PLAN.report_command}"


# All of it in one file, to keep, to send and to cite. It is asked for alone.
rule archive:
    input:
        PLAN.files.stamp,
    output:
        PLAN.archive,
        touch(PLAN.archive_stamp),
    shell:
        "rm -f outputs/.archive/* && {ANALYSE} archive {PLAN.files.folder} {PLAN.archive_command}"
