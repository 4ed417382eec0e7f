"""Cells whose limit is built in get the verdict that it was: a few of the suite.

All of them, and how often they are right, is `python -m benchmarks.verdicts`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.limits import LIMITS, limits_of
from benchmarks import disturbances
from benchmarks.disturbances import SkippedError, busy_programs, quota
from benchmarks.verdict_cases import BURST, RAMP, SHAPES, STEADY, Case, cases
from benchmarks.verdict_results import Result, show
from benchmarks.verdicts import ROOT, configuration, measure, result

SECONDS = 3.0
TRIES = 5  # where other programs ran meanwhile, they may have been the limit
BESIDE = "PYTEST_XDIST_WORKER" in os.environ  # those of other workers, seen by no run
CHOSEN = {
    *(("link", STEADY, "select"), ("server-serial", STEADY, "single")),
    *(("generator-ports", RAMP, "multithread"), ("accept-queue", RAMP, "single")),
    *(("server-workers", BURST, "prefork"), ("think-time", BURST, "single")),
    ("crashed", BURST, "single"),
}


def chosen() -> list[Case]:
    """The first case of each that is chosen."""
    first: dict[tuple[str, str, str], Case] = {}
    for case in cases():
        first.setdefault((case.limit, case.shape, case.impl), case)
    return [first[which] for which in sorted(CHOSEN)]


@pytest.mark.namespaces
@pytest.mark.parametrize(
    "case", chosen(), ids=lambda case: f"{case.limit}-{case.shape}-{case.impl}"
)
def test_limit_that_is_built_in(case: Case, tmp_path: Path) -> None:
    for number in range(TRIES):
        measured = measure(case, tmp_path / str(number), SECONDS)
        verdict = measured["verdict"]
        others = (measured.get("machine") or {}).get("others")
        if case.is_right(verdict["limit"]) or not (others or BESIDE):
            break
    assert case.is_right(verdict["limit"]), verdict


def test_table_has_all_limits_in_all_shapes() -> None:
    built_in = list(cases())
    assert len({case.name for case in built_in}) == len(built_in) >= 90
    single = {case.limit for case in built_in if len(case.limits) == 1}
    assert single == set(LIMITS) - {"unclear"}
    for limit in single:
        own = [case for case in built_in if case.limit == limit]
        assert {case.shape for case in own} == set(SHAPES), limit
        assert len({case.impl for case in own}) >= 4, limit
    assert any(len(case.limits) == 2 for case in built_in)


def test_shapes_are_what_they_say() -> None:
    by_shape = {shape: [c for c in cases() if c.shape == shape] for shape in SHAPES}
    for shape, stop in ((STEADY, "requests"), (RAMP, "first_failure")):
        experiment = configuration(by_shape[shape][0], SECONDS)["experiment"]
        assert experiment["stop"] == stop
    assert not any("experiment.requests" in c.settings for c in by_shape[STEADY])
    for case in by_shape[BURST][:5]:
        config = configuration(case, SECONDS)
        assert config["experiment"]["stop"] == "requests"
        assert config["hatch_rate"] >= config["users"]  # so all join at once


def test_what_is_right() -> None:
    one = Case(("link",), STEADY, "select", "")
    assert one.is_right("link")
    assert not one.is_right("link + server-cpu")
    assert not one.is_right("unclear")
    two = Case(("link", "server-cpu"), STEADY, "select", "")
    assert two.is_right("server-cpu + link")
    assert two.is_right("unclear")
    assert not two.is_right("link")
    assert not two.is_right("link + machine")
    either = Case(("link", "server-cpu"), STEADY, "select", "", one_is_enough=True)
    assert either.is_right("server-cpu")
    assert either.is_right("link + server-cpu")
    assert not either.is_right("machine")
    assert not either.is_right("unclear")
    assert {limit.name for limit in limits_of(two.limit)} == {"link", "server-cpu"}


def test_quota_bounds_what_runs_in_it() -> None:
    """As run.json says, by what it keeps of the machine."""
    code = (
        "import os\n"
        "from load.host.cores import Cores\n"
        "from load.telemetry.machine import Machine\n"
        "machine = Machine(Cores(), os.getpid())\n"
        "machine.begin()\n"
        "print(machine.end()['quota_cores'])"
    )
    try:
        with quota(0.25) as within:
            done = subprocess.run(
                [*within, sys.executable, "-c", code],
                cwd=ROOT,
                capture_output=True,
                check=True,
            )
            folder = Path(within[-1]).parent
            assert folder.is_dir()
    except SkippedError as why:
        pytest.skip(str(why))
    assert float(done.stdout) == pytest.approx(0.25)
    assert not folder.exists()


def test_no_quota_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disturbances, "CGROUPS", tmp_path)  # nothing is mounted here
    with pytest.raises(SkippedError, match="cgroup"), quota(0.5):
        pass
    case = next(case for case in cases() if case.quota)
    came_out = result(case, 1, tmp_path / "1-001")
    assert came_out.limit == "skipped"
    assert "cgroup" in (came_out.skipped or "")


def test_busy_programs_end_with_their_case() -> None:
    core = min(os.sched_getaffinity(0))

    def running() -> set[int]:
        own = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
        return set(map(int, own.split()))

    before = running()
    with pytest.raises(RuntimeError), busy_programs(2, core):
        assert len(running() - before) == 2
        raise RuntimeError
    assert running() == before


def test_tables_count_what_was_right(capsys: pytest.CaptureFixture[str]) -> None:
    link, cpu = (
        Case((limit,), shape, "select", "so it is")
        for limit, shape in (("link", STEADY), ("server-cpu", RAMP))
    )

    def came_out(case: Case, limit: str, skipped: str | None = None) -> Result:
        named = (case.name, case.limit, case.shape, case.impl)
        right = case.is_right(limit)
        return Result(*named, 1, "1-001", 1.0, right, limit, "so", skipped=skipped)

    results = [
        *(came_out(link, "link"), came_out(link, "machine")),
        *(came_out(cpu, "server-cpu"), came_out(cpu, "skipped", "no cgroups")),
    ]
    show([link, cpu], results)
    printed = capsys.readouterr().out
    assert "| link | steady | select | so it is | 1 × link, 1 × machine |" in printed
    assert "| link | 1 of 2 |  |  | 1 of 2 |" in printed
    assert "| all | 1 of 2 | 1 of 1 |  | 2 of 3 |" in printed
    assert "WRONG: link, steady, select: so it is: machine, for so (1-001)" in printed
    assert "skipped: server-cpu, ramp, select: so it is: no cgroups" in printed
