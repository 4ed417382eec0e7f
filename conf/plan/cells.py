"""`python -m conf.plan.cells`: the cells of a request, for another program.

Rules of this module:
- The request is JSON on standard input: `requested` as Snakemake takes it, the files of
  the `runner` and those of `conformance`, and the `network` that auto stands for.
- The answer is JSON on standard output: the cells and their labels, by their folders;
  how their servers are tried for conformance, by the names of these `trials`; and
  `tried`, the name of each cell's.
- A request that cannot be planned gets one line on standard error, and exit status 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conf.errors import MatrixError
from conf.plan.conformance import split, trials
from conf.plan.labels import labels
from conf.plan.matrix import matrix
from conf.plan.plan import OUTPUTS, code_of
from contract.record import RUN

ROOT = Path(__file__).parents[2]


def main() -> int:
    asked = json.load(sys.stdin)
    try:
        requested, tries = split(asked["requested"])
        cells = matrix(requested, ROOT, asked["runner"], asked["network"])
        cases = code_of(asked["conformance"], ROOT)
    except MatrixError as error:
        print(error, file=sys.stderr)
        return 1
    known = trials(cells if tries else {}, cases, OUTPUTS, RUN)
    answer = {"cells": cells, "labels": labels(cells)}
    json.dump(answer | {"trials": known.configs, "tried": known.of}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
