# The way of the data: conf's matrix of cells → a run of each under load → what each
# record says → tables and charts of all of them. Which files these are, and in which
# order cells are measured, is said by conf/plan/plan.py.
import shlex
from pathlib import Path

import pipeline

ROOT, HERE = Path(workflow.basedir), shlex.quote(str(Path.cwd()))
PLAN = pipeline.planned(config, ROOT)
MEASURE, ANALYSE = pipeline.commands(ROOT, PLAN)


rule all:
    default_target: True
    input:
        PLAN.files.missing,
        PLAN.files.stamp,
        PLAN.shown,
        PLAN.shown_stamp,


# A run, and what its record says. It has no input: the folder's name holds a digest of
# all settings and of the code. It takes all cores: nothing else may run beside it.
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
    shell:
        "{MEASURE} {HERE}/{params.config} {HERE}/outputs/runs/{wildcards.cell:q}"
        " --logs {HERE}/outputs/logs/{wildcards.cell:q} --label {params.label:q}"
        " --parent $PPID"


# What all records say, side by side. First, what each says, where that is missing or
# was made by other code.
rule compare:
    input:
        PLAN.records,
    output:
        PLAN.reports,
        touch(PLAN.files.stamp),
    shell:
        "rm -f {PLAN.files.folder}/made~* &&"
        " {ANALYSE} cells --code {PLAN.parts.analysis} {PLAN.files.folder}/matrix.json &&"
        " {ANALYSE} tables {PLAN.files.folder}/matrix.json {PLAN.files.folder}/tables &&"
        " {ANALYSE} charts {PLAN.files.folder}/matrix.json {PLAN.files.folder}/charts"


# Where everybody looks: of the matrix that was asked for last. The last output says
# which one that is.
rule show:
    input:
        PLAN.files.stamp,
        PLAN.reports,
    output:
        PLAN.shown,
        touch(PLAN.shown_stamp),
    shell:
        "rm -f outputs/.shown/* && {ANALYSE} show {PLAN.files.folder} outputs"
