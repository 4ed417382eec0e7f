"""The cores of the server and of Locust."""

from __future__ import annotations

import os

import pytest

from load.host.cores import Cores, choose_cores


@pytest.mark.parametrize(
    "cores, processes, expected",
    [
        ({3}, 1, ([3], [3])),
        ({3}, 4, ([3], [3])),
        ({1, 3}, 1, ([3], [1])),
        ({1, 3}, 4, ([3], [1])),
        ({0, 1, 2, 3}, 1, ([3], [0])),
        ({0, 1, 2, 3}, 2, ([3], [0, 1, 2])),
    ],
)
def test_cores(
    monkeypatch: pytest.MonkeyPatch,
    cores: set[int],
    processes: int,
    expected: tuple[list[int], list[int]],
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    assert choose_cores(processes) == Cores(*expected)
