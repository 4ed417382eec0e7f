"""What tests of all parts share."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest
from hydra import compose
from hypothesis import settings

from conf.compose.choices import class_folder, quoted
from load.errors import SIGNALS
from load.host.lock import only_run_on_host
from load.network import trial
from tests import own_host
from tests.missing import not_tried

ROOT = Path(__file__).parent.parent
# Tests that make runs have one of these fixtures, are of tests/e2e, or of these files.
RUNS = {"config", "plain", "hosts", "measured"}
OF_RUNS = ("host/test_run_token.py", "conformance/test_trial.py")
# What takes long to make, and is made once: one worker makes the tests that need it.
SHARED = {"measured", "golden_made", "study_made"}
# What is tried again where another program takes the server's core: no run comes later.
NEED_A_CORE = "e2e/test_verdicts.py"
# What one worker does for longest: it comes first.
LONGEST = {"measured", "test_slurm.py", "test_run.py", "test_deaths.py"}
RUNS_AT_FIRST = 6  # workers that begin with runs
LAST_RUN = 0.8  # the part of all other tests before which the last run begins
# Parts whose tests compute, and wait for nobody.
COMPUTE = {"analysis", "conf", "docs"}
NICENESS = os.getpriority(os.PRIO_PROCESS, 0)  # of tests of these parts
FIRST = NICENESS - 5  # of all others

# Where Python is told to keep no compiled code, as in many containers, each of the
# processes that tests start would compile this project anew: a thousand times.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Where the tests run in the background, a shell has SIGINT ignored, and what they start
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine may be busy: what an example computes is tested, not how fast.
settings.register_profile("firstfail", deadline=None, max_examples=60)
settings.load_profile("firstfail")

unavailable = functools.cache(trial.unavailable)  # it takes a third of a second

# Thousands of tests are collected, and none of them is garbage.
gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    # At its usual rate the garbage collector takes a tenth of the time. Few tests leave
    # garbage, and it looks through libraries that a test has loaded again and again.
    gc.set_threshold(10_000, 20, 1_000)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: Any, specs: Sequence[Any]) -> None:
    """Give each worker a host of its own, where the kernel can."""
    temporary = config._tmp_path_factory.getbasetemp()
    for spec in specs:
        spec.python = own_host.python(temporary)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker whether it has a host of its own. Within one there is no other."""
    node.workerinput["has_host"] = bool(own_host.command())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in words what was not tried, and how to have it."""
    skipped = [
        (report.nodeid.partition("::")[0], str(report.longrepr[2]).partition(": ")[2])
        for report in terminalreporter.stats.get("skipped", [])
    ]
    if skipped:
        terminalreporter.section("not tried here")
        for line in not_tried(skipped):
            terminalreporter.line(line)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let tests of processes go first; skip some where there are no network namespaces.

    A run waits for its processes more than it computes, and servers are asked for what
    they do in time. Who is not root has to do without.
    """
    computes = not makes_runs(item) and not COMPUTE.isdisjoint(parts(item))
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS if computes else FIRST)
    if item.get_closest_marker("namespaces") and unavailable() is not None:
        pytest.skip("no network namespaces here")


def parts(item: pytest.Item) -> list[str]:
    """Return the folders of a test's file within the checkout, and its name."""
    return item.nodeid.partition("::")[0].split("/")


@functools.cache
def matches(path: Path, pattern: str) -> bool:
    """Whether a file is the one meant. It holds many tests, and each is asked for."""
    return path.match(pattern)


def makes_runs(item: pytest.Item) -> bool:
    """Whether a test starts a server under load."""
    if "e2e" in parts(item):
        return item.get_closest_marker("no_run") is None
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & RUNS) or any(matches(item.path, each) for each in OF_RUNS)


def group_of(item: pytest.Item) -> str:
    """Return the group of a test: one worker makes the tests of a group.

    Where workers have no hosts of their own, runs would wait for each other: one worker
    makes all.
    """
    fixtures = set(getattr(item, "fixturenames", ()))
    told: dict[str, Any] = getattr(item.config, "workerinput", {})
    if makes_runs(item) and not told.get("has_host"):
        return "runs"
    shared = fixtures & SHARED
    return min(shared, default=item.path.name)


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.xdist_group(group_of(item)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with runs, which take long, and mix what computes with later ones.

    No worker is left with a long run at the end, and cores have work while runs wait.
    """

    def rank(item: pytest.Item) -> tuple[bool, bool, bool, bool, str]:
        name = group_of(item)
        needs_a_core = matches(item.path, NEED_A_CORE)
        slow = not {"load", "servers"}.isdisjoint(parts(item))
        return not makes_runs(item), needs_a_core, name not in LONGEST, not slow, name

    groups: dict[str, list[pytest.Item]] = {}
    for item in sorted(items, key=rank):
        groups.setdefault(group_of(item), []).append(item)
    runs = [name for name, [first, *_] in groups.items() if makes_runs(first)]
    others = [name for name in groups if name not in runs]
    begins = {name: number / len(others) for number, name in enumerate(others, 1)}
    for number, name in enumerate(runs, 1 - RUNS_AT_FIRST):
        begins[name] = max(0, number) / len(runs) * LAST_RUN
    items[:] = [
        item for name in sorted(begins, key=begins.__getitem__) for item in groups[name]
    ]


@pytest.fixture
def nohup() -> Iterator[None]:
    """Ignore SIGHUP, as nohup does. The test may heed signals: that is taken back."""
    heeded = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    for number, handler in heeded.items():
        signal.signal(number, handler)


def alone() -> AbstractContextManager[None]:
    """Hold the lock of runs: the next run ends whatever carries a token."""
    return only_run_on_host(lambda: None, lambda: None)


def is_alive(process: psutil.Process) -> bool:
    """Whether a process has not ended; its parent may fetch it late, or never."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the chart of a cell as empty files: to draw it takes most of the time.

    For tests of its figures. `test_steps.py`, `golden.py` and tests/e2e draw it.
    """

    def touch(picture: object, stem: Path) -> None:
        for suffix in (".svg", ".png"):
            stem.with_suffix(suffix).touch()

    monkeypatch.setattr("analysis.charts.cell.draw", lambda *cell: None)
    monkeypatch.setattr("analysis.drawing.style.save", touch)


@pytest.fixture
def composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose what is asked for with the same words once, and take a copy then.

    For tests of this checkout's conf/, most of whose time is Hydra's. What a submission
    is, its words do not say: it is composed once for each of its settings.
    """

    def copied(name: str, overrides: list[str]) -> Any:
        submissions = class_folder().impls.items()
        chosen = [own for n, own in submissions if f"impl={quoted(n)}" in overrides]
        words = (name, *overrides, repr(chosen))
        if words not in COMPOSED:
            COMPOSED[words] = pickle.dumps(compose(name, overrides=overrides))
        return pickle.loads(COMPOSED[words])  # faster than a deep copy

    monkeypatch.setattr("conf.compose.composition.compose", copied)


COMPOSED: dict[tuple[str, ...], bytes] = {}


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait until `happens()` is true; fail when it is not within `within_s`.

    A run may have to wait for those of other suites on this host. So what takes long to
    look at is looked at less often: it takes a tenth of a core at most.
    """

    def wait(happens: Callable[[], object], within_s: float = 300) -> None:
        deadline = time.monotonic() + within_s
        began = time.thread_time()
        while not happens():
            assert time.monotonic() < deadline, f"not within {within_s} s"
            time.sleep(max(0.02, 9 * (time.thread_time() - began)))
            began = time.thread_time()

    return wait
