"""The parts put together for the Snakefile: a plan of what was asked for, and commands.

Rules of this module:
- It knows all parts, as the Snakefile does, and decides nothing. What was asked for is
  planned by `conf/plan.py`, which tables and charts there are is said by
  `analysis/catalogue.py`, how a cell is measured is known by `load/`.
- Whatever is wrong ends Snakemake with one line for the user.
- All that is loaded here is loaded by each dry run.
"""

from __future__ import annotations

import gc
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract import record
from load.host.environment import let_no_python_be_told
from load.network.trial import Trial, refused

if TYPE_CHECKING:
    from conf.plan import Parts, Plan

RUNNER = ("load", "contract")  # the code that measures
ANALYSIS = ("analysis", "contract")
OBJECTS = 100_000  # that Python makes before it looks for those that are not needed


def planned(config: dict[str, Any], root: Path) -> Plan:
    """Return the plan of what Snakemake was asked for, ready to be carried out.

    `config` is Snakemake's, and is given all settings of the command line. What the
    user has to know is printed. Files are written only if something is to be run.
    """
    # A plan is millions of objects that live to its end. Python looks so often, by
    # itself, for those that do not that it takes a sixth of the time.
    gc.set_threshold(OBJECTS)
    let_no_python_be_told()
    # Begun here, it goes on while the rest is loaded.
    namespaces = Trial()
    from snakemake.cli import get_argument_parser, parse_config
    from snakemake.utils import update_config

    from conf import command_line
    from conf.composing import MatrixError
    from conf.plan import plan
    from conf.surroundings import settle
    from load.host.interrupt import pass_on_to_children

    settle(sys.executable)
    try:
        asked = command_line.read(get_argument_parser(), sys.argv[1:])
        command_line.check_targets(asked.targets)
        update_config(config, parse_config(asked.settings))
        made = plan(config, root, _parts(root, namespaces))
        for warning in made.warnings:
            print(f"firstfail: {warning}", file=sys.stderr)
        if asked.runs:
            made.write()
    except MatrixError as error:
        sys.exit(f"firstfail: {error}")
    pass_on_to_children()
    return made


def _parts(root: Path, namespaces: Trial) -> Parts:
    from analysis import catalogue
    from conf.plan import Parts
    from conf.sources import digest
    from load.host.owner import kept_out

    [no_namespaces] = namespaces.why_not()
    return Parts(
        runner=RUNNER,
        record=record.FILES,
        results=catalogue.RESULTS,
        analysis=digest(ANALYSIS, root),
        reports=catalogue.announced,
        taken_names=catalogue.taken_names(),
        no_namespaces=no_namespaces,
        refused=lambda networks: refused(networks, no_namespaces),
        kept_out=kept_out,
    )


def commands(root: Path, plan: Plan) -> tuple[str, str]:
    """Return the command of a run, and that of the steps of analysis.

    Wherever Snakemake is run, what they import is this project's. A run makes the
    results of its record before that appears.
    """
    python, project = shlex.quote(sys.executable), shlex.quote(str(root))
    verify = f"{python} -m conf.sources {' '.join(RUNNER)}"
    analyse = f"{python} -m analysis cell --code {plan.parts.analysis}"
    measure = (
        f"cd {project} && exec {python} -m load"
        f" --verify-with {shlex.quote(verify)} --post-process {shlex.quote(analyse)}"
    )
    return measure, f"PYTHONPATH={project} {python} -P -m analysis"
