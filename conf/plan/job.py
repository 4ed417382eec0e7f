"""The plan of a job on a cluster, which measures one cell of a study.

A study is planned once, where it was asked for. A job is a Snakemake of its own on
another host, which reads the Snakefile again.

Rules of this module:
- A job plans no study: `network=auto` may be another network on its host, and a file of
  `conf/` may have changed since. It reads the configuration that the study has written.
- It writes nothing, and waits for no turn: the study that it is of has it.
- What its host lacks is found here, and not where the study was planned.
- Its Snakemake ends with the script that started it. A Snakemake may hang if it is told
  to end while what it has started ends, and Slurm may lose what has lost its parent.
"""

from __future__ import annotations

import json

from conf.errors import MatrixError
from conf.plan import report
from conf.plan.conformance import Trials
from conf.plan.plan import OUTPUTS, Parts, Plan, refuse
from conf.plan.request import files_of
from conf.schema import Config


def plan_job(cell: str, parts: Parts) -> Plan:
    """Return the plan for a cell of this name; raise `MatrixError` if there is none."""
    config = _configuration(cell)
    refuse(parts.refused([config["network"]]))
    cells = {cell: config}
    _, settings = report.split({})
    no_trials = Trials({}, {}, OUTPUTS)
    files = files_of(cells, parts)
    return Plan(cells, files, settings, parts, [], no_trials, is_job=True)


def _configuration(cell: str) -> Config:
    path = OUTPUTS / "configs" / f"{cell.rpartition('-')[2]}.json"
    try:
        config: Config = json.loads(path.read_text())
    except (OSError, ValueError):
        raise MatrixError(
            f"{path.absolute()} is not to be read on this host: the folder of the "
            "results must be the same on all hosts of a cluster, as on a shared file "
            "system"
        ) from None
    return config
