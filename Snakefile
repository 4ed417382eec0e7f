# The way of the data: conf's matrix of cells → a run of each under load → what
# each record says → tables and charts of all of them.
#
# While this file is read nothing is written, unless something is to be run
# (`Request.keep`): a dry run beside a study that is running changes nothing for it.
import gc
import shlex
import sys
from pathlib import Path

# A plan is millions of objects that live to its end: Python looks for those that do not
# so often, by itself, that it takes a sixth of the time.
gc.set_threshold(100_000)

from snakemake.cli import get_argument_parser, parse_config
from snakemake.utils import update_config

from load.environment import let_no_python_be_told
from load.trial import Trial, refused

let_no_python_be_told()
# Begun here, it goes on while the rest is loaded and the cells are put together.
namespaces = Trial()

from conf import command_line, request
from conf.composing import MatrixError
from conf.matrix import matrix
from conf.order import order
from conf.sources import digest
from conf.submissions import submissions
from conf.surroundings import settle
from load import RECORD
from load.interrupt import pass_on_to_children
from load.owner import kept_out

ROOT = Path(workflow.basedir)
OUTPUTS = Path("outputs")  # below the folder that Snakemake is run in, or --directory
HERE = shlex.quote(str(Path.cwd()))
PYTHON = sys.executable
settle(PYTHON)
# Wherever that is, what is imported is this project's.
ANALYSE = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(PYTHON)} -P -m analysis"
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
# A run, and what it does with its record before that appears.
CHECK = f"{shlex.quote(PYTHON)} -m conf.sources {' '.join(RUNNER)}"
THEN = f"{shlex.quote(PYTHON)} -m analysis cell --code {ANALYSIS}"
MEASURE = (
    f"cd {shlex.quote(str(ROOT))} && exec {shlex.quote(PYTHON)} -m load"
    f" --check {shlex.quote(CHECK)} --then {shlex.quote(THEN)}"
)

try:
    told = command_line.read(get_argument_parser(), sys.argv[1:])
    request.check_targets(told.targets)
    update_config(config, parse_config(told.settings))
    here = (Path(".snakemake"), OUTPUTS)
    if why := kept_out([*here, *(path for each in here for path in each.glob("*/"))]):
        raise MatrixError(why)
    [no_namespaces] = namespaces.why_not()
    CELLS = matrix(
        config,
        ROOT,
        runner=RUNNER,
        auto_network="loopback" if no_namespaces else "netns",
    )
    asked = request.Request(CELLS, OUTPUTS, RECORD, RESULTS, ANALYSIS)
    why = refused((cell["network"] for cell in CELLS.values()), no_namespaces)
    if why and asked.unmeasured:
        raise MatrixError(why)
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
    *expand("tables/{name}.csv", name=[*TABLED, "cells", "pairs"]),
    *expand("tables/{name}.md", name=[*TABLED, *PUBLISHED]),
]
CHARTS = expand(
    "charts/{name}.{kind}",
    name=[
        *[*EXPERIMENTS, "users", "switches", "waiting", *IDLE, *PUBLISHED],
        *(["arrivals"] if len(ARRIVALS) > 1 else []),
    ],
    kind=["svg", "png"],
)
MADE = [*TABLES, *CHARTS]
LABELS = {
    cell: f"cell {number} of {len(CELLS)}, "
    f"{CELLS[cell]['experiment']['name']} {CELLS[cell]['impl']['name']}"
    for cell, number in ORDER.items()
}

if told.runs:
    try:
        asked.keep()
        places = (asked.folder, OUTPUTS)
        shown = [f"{place}/{name}" for place in places for name in MADE]
        if why := kept_out(map(Path, [*asked.written, *shown])):
            raise MatrixError(why)
    except MatrixError as error:
        sys.exit(f"firstfail: {error}")

pass_on_to_children()


rule all:
    default_target: True
    input:
        asked.missing,
        asked.stamp,
        expand("outputs/{file}", file=MADE),
        f"outputs/.shown/{asked.key}",


# A run, and what its record says. It has no input: the folder's name holds a
# digest of all settings and of the code. It takes all cores: nothing else may run
# beside a measurement. RESULTS are no output of it: were they missed, or made
# anew by other code, it would be measured again. Of its RECORD, which is there as a
# whole or not at all, one file stands for all.
rule measure:
    output:
        expand("outputs/runs/{{cell}}/{file}", file=asked.declared),
    log:
        "outputs/logs/{cell}/server.log",
        "outputs/logs/{cell}/locust.log",
    priority: lambda cell: -ORDER[cell.cell]
    threads: workflow.cores
    params:
        config=lambda cell: f"outputs/configs/{CELLS[cell.cell]['key']}.json",
        label=lambda cell: LABELS[cell.cell],
    shell:
        "{MEASURE} {HERE}/{params.config} {HERE}/outputs/runs/{wildcards.cell:q}"
        " --logs {HERE}/outputs/logs/{wildcards.cell:q} --label {params.label:q}"
        " --parent $PPID"


# What all records say, side by side; first, what each says, where that is missing
# or was made by other code.
rule tables:
    input:
        expand(f"outputs/runs/{{cell}}/{RECORD[0]}", cell=CELLS),
    output:
        expand("{folder}/{file}", folder=asked.folder, file=TABLES),
        touch(asked.stamp),
    params:
        folder=asked.folder,
        code=ANALYSIS,
    shell:
        "rm -f {params.folder}/made~* &&"
        " {ANALYSE} cells --code {params.code} {params.folder}/matrix.json &&"
        " {ANALYSE} tables {params.folder}/matrix.json {params.folder}/tables"


rule charts:
    input:
        f"{asked.folder}/tables/cells.csv",  # as new as all that the charts are made of
    output:
        expand("{folder}/{file}", folder=asked.folder, file=CHARTS),
    params:
        folder=asked.folder,
    shell:
        "{ANALYSE} charts {params.folder}/matrix.json {params.folder}/charts"


# Where everybody looks: of the matrix that was asked for last. The last output says
# which one that is.
rule show:
    input:
        asked.stamp,
        expand("{folder}/{file}", folder=asked.folder, file=MADE),
    output:
        expand("outputs/{file}", file=MADE),
        touch(f"outputs/.shown/{asked.key}"),
    params:
        folder=asked.folder,
    shell:
        "rm -f outputs/.shown/* && {ANALYSE} show {params.folder} outputs"
