"""What a run is given of this host."""

from __future__ import annotations

import os

import pytest

from load.limits import choose_cores, choose_port


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
    assert choose_cores(processes) == expected


def test_a_port_that_is_about_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.limits._client_ports", lambda: (1024, 65534))
    assert choose_port("127.0.0.1", 0) == 65535  # the only one outside of these
    monkeypatch.setattr("load.limits._client_ports", lambda: (1025, 65534))
    monkeypatch.setattr("load.limits.random.sample", lambda ports, _: ports)
    first = choose_port("127.0.0.1", 0)
    assert choose_port("127.0.0.1", 0, taken=first) != first
