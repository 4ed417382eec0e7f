# The way of the data: conf's matrix of cells → a run of each under load → what
# each record says → tables and charts of all of them.
import sys
from pathlib import Path

from snakemake.cli import get_argument_parser

from conf import request
from conf.matrix import MatrixError, matrix
from conf.sources import digest
from load.interrupt import pass_on_to_children

PYTHON = sys.executable
ROOT = Path(workflow.basedir)

try:
    request.check_targets(get_argument_parser().parse_known_args()[0].targets)
    CELLS = matrix(config, ROOT, runner=["load"])
    request.keep(CELLS, Path("outputs"), analysis=digest(["analysis"], ROOT))
except MatrixError as error:
    sys.exit(f"firstfail: {error}")
EXPERIMENTS = sorted({cell["experiment"]["name"] for cell in CELLS.values()})
RECORD = ["requests.csv", "run.json", "config.yaml"]
RESULT = [
    "result.json",
    "timeline.csv",
    "stats.csv",
    "failures.csv",
    "chart.svg",
    "chart.png",
]
NUMBERS = {cell: number for number, cell in enumerate(CELLS, start=1)}

pass_on_to_children()


rule all:
    default_target: True
    input:
        request.missing((f"outputs/runs/{cell}" for cell in CELLS), [*RESULT, *RECORD]),
        expand("outputs/tables/{name}.csv", name=[*EXPERIMENTS, "cells"]),
        expand("outputs/tables/{name}.md", name=EXPERIMENTS),
        expand(
            "outputs/charts/{name}.{kind}",
            name=[*EXPERIMENTS, "users"],
            kind=["svg", "png"],
        ),


# A run. It has no input: the folder's name holds a digest of all settings and of
# the code. It takes all cores: nothing else may run beside a measurement.
rule measure:
    output:
        expand("outputs/runs/{{cell}}/{file}", file=RECORD),
    log:
        "outputs/logs/{cell}/server.log",
        "outputs/logs/{cell}/locust.log",
    threads: workflow.cores
    params:
        config=lambda cell: f"outputs/configs/{CELLS[cell.cell]['key']}.json",
        label=lambda cell: f"cell {NUMBERS[cell.cell]} of {len(CELLS)}, {cell.cell}",
    shell:
        "exec {PYTHON:q} -m load {params.config:q} outputs/runs/{wildcards.cell:q}"
        " --logs outputs/logs/{wildcards.cell:q} --label {params.label:q}"
        " --parent $PPID"


# What one record says.
rule cell:
    input:
        expand("outputs/runs/{{cell}}/{file}", file=RECORD),
        "outputs/analysis.txt",
    output:
        expand("outputs/runs/{{cell}}/{file}", file=RESULT),
    shell:
        "{PYTHON:q} -m analysis cell outputs/runs/{wildcards.cell:q}"


# What all records say, side by side.
rule tables:
    input:
        expand("outputs/runs/{cell}/result.json", cell=CELLS),
        "outputs/analysis.txt",
        matrix="outputs/matrix.json",
    output:
        expand("outputs/tables/{name}.csv", name=[*EXPERIMENTS, "cells"]),
        expand("outputs/tables/{name}.md", name=EXPERIMENTS),
    shell:
        "{PYTHON:q} -m analysis tables {input.matrix} outputs/tables"


rule charts:
    input:
        "outputs/tables/cells.csv",  # as new as all that the charts are made of
        matrix="outputs/matrix.json",
    output:
        expand(
            "outputs/charts/{name}.{kind}",
            name=[*EXPERIMENTS, "users"],
            kind=["svg", "png"],
        ),
    shell:
        "{PYTHON:q} -m analysis charts {input.matrix} outputs/charts"
