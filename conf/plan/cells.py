"""`python -m conf.plan.cells`: the cells of a request, for another program.

Rules of this module:
- The request is JSON on standard input: `requested` as `matrix` takes it, the files and
  folders of the `runner`, and the `network` that auto stands for.
- The answer is JSON on standard output: the cells and their labels, by their folders.
- A request that cannot be planned gets one line on standard error, and exit status 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conf.errors import MatrixError
from conf.plan.labels import labels
from conf.plan.matrix import matrix

ROOT = Path(__file__).parents[2]


def main() -> int:
    asked = json.load(sys.stdin)
    try:
        cells = matrix(asked["requested"], ROOT, asked["runner"], asked["network"])
    except MatrixError as error:
        print(error, file=sys.stderr)
        return 1
    json.dump({"cells": cells, "labels": labels(cells)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
