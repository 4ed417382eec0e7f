"""`python -m benchmarks.gate_rule`: what the rule of a gate makes of chance, simulated.

Runs of one server in one figure scatter lognormally. So does the speed of the machine,
from one pair of runs to the next. The table has the percentages of gates that end with
1, and in brackets of those whose first measurement looks worse. Nothing is measured, so
the machine may be busy; it takes a minute.
"""

from __future__ import annotations

import numpy as np

from analysis.regressions.paired import paired_ratio
from gate.decision import SAME, WORSE, Row, decide
from gate.request import LEAST, share
from servers.command_line.options import Parser

SEED = 2019
SCATTER = ((0.02, 0.0), (0.05, 0.0), (0.05, 0.2), (0.1, 0.0), (0.1, 0.2))
RUNS = (3, 10)
SLOWDOWNS = {1.0: 4000, 1.1: 500, 1.3: 500}  # how much slower → how many gates
Runs = np.ndarray


def compared(base: Runs, head: Runs) -> Row:
    """Return the row that `compare` finds for requests a second."""
    of = paired_ratio(head.tolist(), base.tolist())
    assert of.value is not None
    found = of.claims() < 0 and 1 / of.value >= 1 + share(LEAST)
    return {
        **{"row": "", "figure": "rps", "better": "more", "reason": ""},
        **{"verdict": WORSE if found else SAME, "ratio": of.value},
        **{
            "base_median": float(np.median(base)),
            "head_median": float(np.median(head)),
        },
    }


def gate(
    drawn: np.random.Generator, runs: int, scatter: float, drift: float, slow: float
) -> Row:
    """Return the row of a gate whose head is slower by a factor."""

    def measured() -> tuple[Runs, Runs]:
        speed = np.exp(drawn.normal(0, drift, runs))
        base, head = (speed * np.exp(drawn.normal(0, scatter, runs)) for _ in range(2))
        return base, head / slow

    base, head = measured()
    first = compared(base, head)
    if first["verdict"] != WORSE:
        return first
    base_again, head_again = measured()
    again = compared(base_again, head_again)
    both = compared(np.append(base, base_again), np.append(head, head_again))
    [row] = decide([first], [again], [both], share(LEAST))
    return row


def shown(rows: list[Row], digits: int) -> str:
    worse = sum(row["verdict"] == WORSE for row in rows) / len(rows)
    looked = sum("again" in row for row in rows) / len(rows)
    return f"{100 * worse:.{digits}f} ({100 * looked:.{digits}f})"


def main() -> None:
    Parser(prog="python -m benchmarks.gate_rule", description=__doc__).parse_args()
    drawn = np.random.default_rng(SEED)
    columns = "runs a side", "scatter of runs", "of the machine's speed"
    cases = "the same code", "10 % slower", "30 % slower"
    print(f"| {' | '.join(columns + cases)} |")
    print(f"|{'---:|' * len(columns + cases)}", flush=True)
    for runs in RUNS:
        for scatter, drift in SCATTER:
            cells = [str(runs), f"{100 * scatter:g} %", f"{100 * drift:g} %"]
            for slow, gates in SLOWDOWNS.items():
                rows = [gate(drawn, runs, scatter, drift, slow) for _ in range(gates)]
                cells.append(shown(rows, 1 if slow == 1 else 0))
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
