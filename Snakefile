# The way of the data: a matrix of cells (conf) → a run of each cell under load → the
# results of each record → tables and charts of all cells. conf/plan/plan.py says which
# files these are, and in which order cells are measured.
import shlex
from pathlib import Path

import pipeline

ROOT, HERE = Path(workflow.basedir), shlex.quote(str(Path.cwd()))
PLAN = pipeline.planned(config, ROOT)
MEASURE, ANALYSE = pipeline.commands(ROOT, PLAN)
SCREEN = pipeline.screen(workflow, PLAN, {"compare": "Making tables and charts"})


onsuccess:
    SCREEN.succeed()


onerror:
    SCREEN.fail(log)


rule all:
    default_target: True
    input:
        PLAN.files.missing,
        PLAN.files.stamp,
        PLAN.shown,
        PLAN.shown_stamp,


# A run, and the results of its record. It has no input: the folder's name holds a digest
# of all settings and of the code. It takes all cores, since nothing may run beside it.
rule measure:
    output:
        PLAN.record,
    log:
        "outputs/logs/{cell}/server.log",
        "outputs/logs/{cell}/locust.log",
    priority: lambda cell: PLAN.priority(cell.cell)
    threads: workflow.cores
    params:
        config=lambda cell: PLAN.config(cell.cell),
        label=lambda cell: PLAN.label(cell.cell),
        expected=lambda cell: SCREEN.expected(cell.cell),
    shell:
        "{MEASURE} {HERE}/{params.config} {HERE}/outputs/runs/{wildcards.cell:q}"
        " --logs {HERE}/outputs/logs/{wildcards.cell:q} --label {params.label:q}"
        " --parent $PPID {params.expected}"


# The results of all records, side by side. Results of a cell that are missing, or that
# other code made, are made first.
rule compare:
    input:
        PLAN.records,
    output:
        PLAN.comparisons,
        touch(PLAN.files.stamp),
    shell:
        "rm -f {PLAN.files.folder}/made~* &&"
        " {ANALYSE} compare --code {PLAN.parts.analysis} {PLAN.files.folder}/matrix.json"


# Copies of the tables and charts of the last request, in a place that is always the
# same. The name of the last output says which matrix they are of.
rule show:
    input:
        PLAN.files.stamp,
        PLAN.comparisons,
    output:
        PLAN.shown,
        touch(PLAN.shown_stamp),
    shell:
        "rm -f outputs/.shown/* && {ANALYSE} show {PLAN.files.folder} outputs"
