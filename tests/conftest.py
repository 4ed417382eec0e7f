"""What tests of all parts share."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent

# Where the tests run in the background, a shell has SIGINT ignored, and what they start
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine may be busy: what an example computes is tested, not how fast.
settings.register_profile("firstfail", deadline=None, max_examples=60)
settings.load_profile("firstfail")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let one worker make all runs: they wait for each other in any case."""
    runs = "e2e" in item.path.parts or "config" in getattr(item, "fixturenames", ())
    group = "runs" if runs else item.path.name
    item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait until `happens()` is true; fail when it is not within `within_s`."""

    def wait(happens: Callable[[], object], within_s: float = 20) -> None:
        deadline = time.monotonic() + within_s
        while not happens():
            assert time.monotonic() < deadline, f"not within {within_s} s"
            time.sleep(0.02)

    return wait
