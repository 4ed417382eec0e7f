# The way of the data: conf's matrix of cells → a run of each under load → what
# each record says → tables and charts of all of them.
import shlex
import sys
from pathlib import Path

from snakemake.cli import get_argument_parser

from load.environment import let_no_python_be_told
from load.trial import Trial, refused

let_no_python_be_told()
# Begun here, it goes on while the rest is loaded and the cells are put together.
namespaces = Trial()

from conf import request
from conf.composing import MatrixError
from conf.matrix import matrix
from conf.order import order
from conf.sources import digest
from conf.submissions import submissions
from load import RECORD
from load.interrupt import pass_on_to_children
from load.owner import kept_out

ROOT = Path(workflow.basedir)
PYTHON = sys.executable
# What analysis makes of a cell's record.
RESULTS = [
    "result.json",
    "timeline.csv",
    "stats.csv",
    "failures.csv",
    "chart.svg",
    "chart.png",
]
RUNNER = ["load"]
ANALYSIS = digest(["analysis"], ROOT)

try:
    request.check_targets(get_argument_parser().parse_known_args()[0].targets)
    if why := kept_out([Path(".snakemake"), Path("outputs")]):
        raise MatrixError(why)
    [no_namespaces] = namespaces.why_not()
    CELLS = matrix(
        config,
        ROOT,
        runner=RUNNER,
        auto_network="loopback" if no_namespaces else "netns",
    )
    why = refused((cell["network"] for cell in CELLS.values()), no_namespaces)
    if why and request.missing([f"outputs/runs/{cell}" for cell in CELLS], RECORD):
        raise MatrixError(why)
    request.keep(CELLS, Path("outputs"), ANALYSIS, RESULTS)
except MatrixError as error:
    sys.exit(f"firstfail: {error}")

if no_namespaces and config.get("network", "auto") == "auto":
    print(
        f"firstfail: no network of namespaces here ({no_namespaces}): what is measured "
        "crosses the loopback and no network interface",
        file=sys.stderr,
    )

EXPERIMENTS = sorted({cell["experiment"]["name"] for cell in CELLS.values()})
ORDER = {cell: number for number, cell in enumerate(order(CELLS), start=1)}
# What tells of all experiments together; some of it only of some matrices.
TOGETHER = {
    *("cells", "pairs", "users", "switches", "waiting"),
    *("published", "arrivals", "idle", "ranking"),
}
if taken := sorted(TOGETHER & set(EXPERIMENTS)):
    sys.exit(
        f"firstfail: conf/experiment/{taken[0]}.yaml: its tables and charts would have "
        "the names of others; give it another name"
    )
# A class is ranked; what tells of anything else is left to other matrices.
RANKED = any(cell["impl"]["submission"] for cell in CELLS.values())
if RANKED and (left_out := submissions(ROOT, ROOT / "conf").warning()):
    print(f"firstfail: {left_out}", file=sys.stderr)
COMPARED = [] if RANKED else list(CELLS.values())
IDLE = ["idle"] if len({cell["idle"] for cell in COMPARED}) > 1 else []
ARRIVALS = {cell["load"]["arrivals"] for cell in COMPARED}
TABLED = [*EXPERIMENTS, "switches", *IDLE, *(["ranking"] if RANKED else [])]
SEEDS = {"first_fail", "burst"} & {cell["experiment"]["name"] for cell in COMPARED}
PUBLISHED = ["published"] if SEEDS else []
TABLES = [
    *expand("outputs/tables/{name}.csv", name=[*TABLED, "cells", "pairs"]),
    *expand("outputs/tables/{name}.md", name=[*TABLED, *PUBLISHED]),
]
CHARTS = expand(
    "outputs/charts/{name}.{kind}",
    name=[
        *[*EXPERIMENTS, "users", "switches", "waiting", *IDLE, *PUBLISHED],
        *(["arrivals"] if len(ARRIVALS) > 1 else []),
    ],
    kind=["svg", "png"],
)
LABELS = {
    cell: f"cell {number} of {len(CELLS)}, "
    f"{CELLS[cell]['experiment']['name']} {CELLS[cell]['impl']['name']}"
    for cell, number in ORDER.items()
}

pass_on_to_children()


rule all:
    default_target: True
    input:
        request.missing([f"outputs/runs/{cell}" for cell in CELLS], RECORD),
        TABLES,
        CHARTS,


# A run, and what its record says. It has no input: the folder's name holds a
# digest of all settings and of the code. It takes all cores: nothing else may run
# beside a measurement. RESULTS are no output of it: were they missed, or made
# anew by other code, it would be measured again.
rule measure:
    output:
        expand("outputs/runs/{{cell}}/{file}", file=RECORD),
    log:
        "outputs/logs/{cell}/server.log",
        "outputs/logs/{cell}/locust.log",
    priority: lambda cell: -ORDER[cell.cell]
    threads: workflow.cores
    params:
        config=lambda cell: f"outputs/configs/{CELLS[cell.cell]['key']}.json",
        label=lambda cell: LABELS[cell.cell],
        check=f"{shlex.quote(PYTHON)} -m conf.sources {' '.join(RUNNER)}",
        then=f"{shlex.quote(PYTHON)} -m analysis cell --code {ANALYSIS}",
    shell:
        "exec {PYTHON:q} -m load {params.config:q} outputs/runs/{wildcards.cell:q}"
        " --logs outputs/logs/{wildcards.cell:q} --label {params.label:q}"
        " --check {params.check:q} --then {params.then:q} --parent $PPID"


# What all records say, side by side; first, what each says, where that is missing
# or was made by other code.
rule tables:
    input:
        expand("outputs/runs/{cell}/run.json", cell=CELLS),
        "outputs/analysis.txt",
        matrix="outputs/matrix.json",
    output:
        TABLES,
    params:
        code=ANALYSIS,
    shell:
        "{PYTHON:q} -m analysis cells --code {params.code} {input.matrix} &&"
        " {PYTHON:q} -m analysis tables {input.matrix} outputs/tables"


rule charts:
    input:
        "outputs/tables/cells.csv",  # as new as all that the charts are made of
        matrix="outputs/matrix.json",
    output:
        CHARTS,
    shell:
        "{PYTHON:q} -m analysis charts {input.matrix} outputs/charts"
