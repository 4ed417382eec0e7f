"""Tries how the servers of both sides conform to HTTP/1.1.

Rules of this module:
- A server may be faster since it leaves out part of HTTP. So each server that differs
  between the sides is tried on both, by the command of the Snakefile and with the cases
  of this checkout. One whose code, settings and page are the same conforms alike.
- A server is tried once its cells are measured. One that was not measured is not tried.
- Where a trial fails there is no result, and a gate does not end with 0.
- `conformance=false` leaves it all out: then no side has trials.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.conformance import LIST, RESULT
from contract.record import RUN
from contract.whole_file import write_text
from gate.measuring import KEY, OUTPUTS, Measuring, ends_well
from gate.sides import Pair, Side
from pipeline import CONFORMANCE

PLACE = "conformance"  # of the results, as in `outputs/`


def try_servers(measured: Measuring, pairs: Sequence[Pair]) -> list[str]:
    """Try the servers of measured cells on both sides, and list their results.

    Return a line for each that could not be tried.
    """
    sides = measured.sides.items()
    found: dict[str, dict[str, str]] = {name: {} for name in measured.sides}
    untried: dict[str, None] = {}
    for pair in pairs:
        names = {each: side.tried.get(pair.cell[each]) for each, side in sides}
        if len({*names.values()}) < len(names):  # the same server, or none
            continue
        for each, name in names.items():
            is_measured = (measured.root / measured.run(pair, each) / RUN).is_file()
            if name is None or not is_measured:
                continue
            result = f"{OUTPUTS}/{PLACE}/{name}/{RESULT}"
            side = measured.sides[each]
            if result not in found[each].values() and not _try(
                measured, side, pair, name
            ):
                impl = side.trials[name]["impl"]["name"]
                untried[f"{each}: {impl} could not be tried for conformance"] = None
            found[each][f"{OUTPUTS}/runs/{pair.cell[each]}"] = result
    for each, results in found.items():
        path = measured.root / measured.of(each) / "matrices" / KEY / LIST
        write_text(path, json.dumps(results, indent=0) + "\n")
    return list(untried)


def _try(measured: Measuring, side: Side, pair: Pair, name: str) -> bool:
    """Try a server of a pair's cell on this side; return whether it could be."""
    folder = measured.root / measured.of(side.name)
    config: Path = folder / "configs" / PLACE / f"{name}.json"
    write_text(config, json.dumps(side.trials[name]))
    python = sys.executable
    impl = side.trials[name]["impl"]["name"]
    words = [python, "-m", "conformance", "try", str(config)]
    words += [str(folder / PLACE / name), "--parent", str(os.getpid())]
    words += ["--label", f"{side.name}: conformance of {impl}"]
    words += ["--measured", str(measured.root / measured.run(pair, side.name))]
    verify = [python, "-m", "conf.plan.sources", *CONFORMANCE]
    words += ["--verify-with", shlex.join(verify)]
    return ends_well(words, side.tree)
