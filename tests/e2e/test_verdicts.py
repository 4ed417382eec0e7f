"""Cells whose limit is built in get the verdict that it was: a few of the suite.

All of them, and how often they are right, is `python -m benchmarks.verdicts`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.verdict import LIMITS
from benchmarks.verdicts import Case, cases, measure
from load.network import unavailable

SECONDS = 3.0
UNTIL_KILLED = 6.0  # of load, for a server that is killed 4 s after it started
TRIES = 5  # where something else keeps the server's core busy, the verdict says that
CHOSEN = {
    *(("link", "select"), ("server-serial", "single"), ("crashed", "select")),
    *(("server-workers", "multithread"), ("generator-ports", "multiprocess")),
    *(("accept-queue", "select"), ("think-time", "single")),
}


def chosen() -> list[Case]:
    """The first case of each that is chosen."""
    first: dict[tuple[str, str], Case] = {}
    for case in cases():
        first.setdefault((case.limit, case.impl), case)
    return [first[which] for which in sorted(CHOSEN)]


@pytest.mark.skipif(unavailable() is not None, reason="no network namespaces here")
@pytest.mark.parametrize("case", chosen(), ids=lambda case: f"{case.limit}-{case.impl}")
def test_limit_that_is_built_in(case: Case, tmp_path: Path) -> None:
    seconds = UNTIL_KILLED if case.limit == "crashed" else SECONDS
    for number in range(TRIES):
        found = measure(case, tmp_path / str(number), seconds)["verdict"]
        if "something else ran there" not in found["because"]:
            break
    assert found["limit"] == case.limit, found["because"]


def test_suite_has_all_limits() -> None:
    built_in = [case.limit for case in cases()]
    assert len(built_in) >= 24
    assert set(built_in) == set(LIMITS) - {"unclear"}
    assert {"single", "multiprocess", "multithread", "select"} <= {
        case.impl for case in cases()
    }
