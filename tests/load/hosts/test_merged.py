"""The readings of several hosts of users, as those of one."""

from __future__ import annotations

from typing import Any

from load.hosts.merged import as_one, busiest, merged


def row(at_s: float, **values: Any) -> dict[str, Any]:
    return {"at_s": f"{at_s:.6f}", **values}


def host(shift_s: float, *used: tuple[float, float]) -> list[dict[str, Any]]:
    """Return rows of a host, a second apart: CPU time used, and idle time."""
    return [
        row(
            number + shift_s,
            generator_cpu_s=cpu,
            generator_busiest_s=cpu,
            generator_cores_idle_s=idle,
        )
        for number, (cpu, idle) in enumerate(used)
    ]


def test_rows_of_one_host_stay_as_they_are() -> None:
    rows = host(0.0, (0, 0), (1, 0))
    assert as_one([rows]) == rows


def test_sums_and_the_host_that_has_most_to_do() -> None:
    """The first is busy for a second and then idle, the second the other way round."""
    first = host(0.0, (0, 0), (1, 0), (1, 1))
    second = host(0.0, (5, 7), (5, 8), (6, 8))
    one = as_one([first, second])
    assert [each["generator_cpu_s"] for each in one] == [5, 6, 7]
    assert [each["generator_busiest_s"] for each in one] == [0, 1, 2]
    assert [each["generator_cores_idle_s"] for each in one] == [0, 0, 0]


def test_other_hosts_are_read_at_other_moments() -> None:
    first = host(0.25, (0, 0), (0, 0))
    second = host(0.0, (0, 0), (1, 0), (1, 0))
    one = as_one([first, second])
    assert [each["generator_cpu_s"] for each in one] == [0.25, 1.0]


def test_what_a_host_has_not_told_yet_is_left_out() -> None:
    first, second = host(0.0, (0, 0), (1, 0), (2, 0)), host(0.5, (0, 0), (1, 0))
    assert [each["at_s"] for each in as_one([first, second])] == ["1.000000"]


def test_how_busy_a_host_was() -> None:
    assert busiest(host(0.0, (1, 0), (1.5, 0), (2, 0))) == 0.5
    assert busiest(host(0.0, (1, 0))) is None


def test_rows_of_all_hosts_are_in_order() -> None:
    server = [row(0.5, queue=1), row(1.5, queue=None)]
    users = host(0.0, (0, 0), (1, 0))
    times = [each["at_s"] for each in merged(server, [users])]
    assert times == ["0.000000", "0.500000", "1.000000", "1.500000"]
