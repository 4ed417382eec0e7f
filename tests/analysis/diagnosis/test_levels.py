"""How full things were, slice by slice, of readings whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.diagnosis.levels import RECENT_S, edges, levels
from analysis.record.measurement import Measurement
from tests.analysis.measured import Asked, grown, held, measured

ALL_THE_TIME = [Asked(0.0, 3.0)]


def of(run: Measurement, begin_s: float = 0.0, end_s: float = 3.0) -> pd.DataFrame:
    return levels(run, edges(begin_s, end_s, run.readings), run.requests)


def column(
    name: str, read: dict[str, Any], asked: list[Asked] = ALL_THE_TIME, **of_run: Any
) -> list[float]:
    """Return the column of a run of 3 s, and see that it has a value per slice."""
    table = of(measured(asked, 3.0, read, **of_run))
    assert len(table) == 30
    values: list[float] = table[name].round(6).tolist()
    return values


@pytest.mark.parametrize(
    "begin_s, end_s, expected",
    [
        (0.25, 0.55, [0.25, 0.3, 0.4, 0.5, 0.55]),
        (0.29, 0.51, [0.29, 0.4, 0.51]),  # no slice of a hundredth
        (0.3, 0.5, [0.3, 0.4, 0.5]),
        (0.31, 0.315, [0.31, 0.33]),
        (0.31, 0.31, [0.31, 0.33]),
        (1.95, 60.0, [1.95, 2.0, 60.0]),  # nothing was read any more
        (40.0, 60.0, [40.0, 60.0]),
    ],
)
def test_a_slice_is_from_one_reading_to_the_next(
    begin_s: float, end_s: float, expected: list[float]
) -> None:
    run = measured([], 2.0)
    assert edges(begin_s, end_s, run.readings) == pytest.approx(expected)


def test_readings_that_follow_at_once_make_no_slice() -> None:
    run = measured([], 2.0)
    run.readings.telemetry["t_s"] = np.linspace(1, 1.3, 31)  # a hundredth apart
    assert edges(0.5, 2.0, run.readings) == pytest.approx([0.5, 1.0, 2.0])


def test_a_slice_ends_when_the_server_was_read() -> None:
    """The load may be read on another host, at moments in between."""
    run = measured([], 2.0, {"server_cpu_s": 1.0, "generator_cpu_s": 1.0})
    table = run.readings.telemetry
    between = np.arange(len(table)) % 2 == 1
    table.loc[between, "server_cpu_s"] = np.nan
    assert np.diff(edges(0.2, 1.0, run.readings)) == pytest.approx([0.2] * 4)


@pytest.mark.parametrize(
    "name, read, expected",
    [
        ("server_cpu", {"server_cpu_s": 0.7}, 0.35),  # of two cores
        ("server_idle", {"server_cores_idle_s": 0.5}, 0.25),
        ("stolen", {"server_cores_stolen_s": 0.5}, 0.25),
        ("others", {"server_cores_programs_s": 1.5, "server_cpu_s": 0.7}, 0.4),
        ("others", {"server_cores_programs_s": 0.6, "server_cpu_s": 0.7}, 0.0),
        ("throttled", {"throttled_s": 0.5}, 0.5),
        ("throttled", {"throttled_s": 1.5}, 1.0),  # of several cores it is the sum
        ("busiest", {"server_busiest_s": 0.9}, 0.9),  # of one core
        ("delayed", {"server_delayed_s": 0.9}, 0.9),  # of the time
        ("generator_busiest", {"generator_busiest_s": 0.9}, 0.9),
        ("generator_idle", {"generator_cores_idle_s": 0.6}, 0.2),  # of three
    ],
)
def test_shares_are_of_what_there_is(
    name: str, read: dict[str, Any], expected: float
) -> None:
    cores = {"server": [1, 2], "locust": [0, 3, 4]}
    assert column(name, read, cores=cores) == [expected] * 30


def test_what_was_not_read_is_not_a_number() -> None:
    table = of(measured(ALL_THE_TIME, 3.0))
    always = ["t_s", "seconds", "occupied", "late_ms", "lost"]
    assert table.drop(columns=always).isna().all().all()
    assert table["lost"].tolist() == table["late_ms"].tolist() == [0.0] * 30


def test_of_cores_that_are_not_the_servers_alone_nothing_is_said() -> None:
    read = {"server_cores_idle_s": 0.5, "server_cores_programs_s": 0.5}
    for cores in (None, {}, {"server": [], "locust": []}):
        table = of(
            measured(ALL_THE_TIME, 3.0, {**read, "server_cpu_s": 0.25}, cores=cores)
        )
        assert table[["server_idle", "others"]].isna().all().all()
        assert table["server_cpu"].tolist() == pytest.approx([0.25] * 30)


def test_a_counter_is_known_between_its_readings_and_nowhere_else() -> None:
    known = column("server_cpu", {"server_cpu_s": grown((1, 0.5), (2, 0.25), (3, 1))})
    assert known == [0.5] * 10 + [0.25] * 10 + [1] * 10
    run = measured(ALL_THE_TIME, 3.0, {"server_cpu_s": 0.5})
    run.readings.telemetry.loc[run.readings.telemetry["t_s"] > 2.05, "server_cpu_s"] = (
        np.nan
    )
    assert of(run)["server_cpu"].isna().tolist() == [False] * 20 + [True] * 10


def test_what_the_server_had_to_do_in_the_time_in_which_anybody_was_connected() -> None:
    """In each tenth of a second one is connected for half of it, or all, or 5 ms."""
    half = [Asked(n / 10, 0.05, 0.0, 0.05) for n in range(10)]
    asked = [*half, Asked(0.9, 1.1, 0.1, 0.5)]  # it has no connection before 1 s
    asked += [Asked(2 + n / 10, 0.005, 0.0, 0.005) for n in range(10)]
    read = {"server_cpu_s": grown((1, 0.3), (2, 0.3), (3, 0.02))}
    expected = [0.6] * 10 + [0.3] * 10 + [0.2] * 10  # of a tenth at least
    assert column("server_cpu_connected", read, asked) == expected
    # It may go on when they have gone, but no core is more than full.
    assert (
        column("server_cpu_connected", {"server_cpu_s": 0.8}, half)[:10] == [1.0] * 10
    )
    assert (
        column("server_cpu_connected", {"server_cpu_s": 1.2}, half)[:10] == [1.2] * 10
    )


def test_where_nobody_is_connected_nobody_is_pressed_for_time() -> None:
    """A tenth of a core, of whatever, is no full core: it is a tenth."""
    asked = [Asked(0.0, 1.0), Asked(1.0, 2.0, 2.0, 2.0)]
    read = {"server_cpu_s": 0.1, "server_sent_bytes": 100_000.0}
    assert column("server_cpu_connected", read, asked) == [0.1] * 30
    link = column("link_connected", read, asked, network__rate_mbit=8.0)
    assert link == [0.1] * 30


def test_a_late_generator_sees_connections_that_are_no_more() -> None:
    """Of 100 ms that one took to its eyes 50 were its own."""
    asked = [Asked(n / 10, 0.1, 0.0, 0.1) for n in range(30)]
    run = measured(asked, 3.0, {"server_cpu_s": 0.3})
    requests = run.requests
    requests.began[:] = requests.started
    requests.late[:] = 0.05
    table = levels(run, edges(0, 3, run.readings), requests)
    assert table["server_cpu_connected"].tolist() == pytest.approx([0.6] * 30)


@pytest.mark.parametrize(
    "sent, received, asked, expected",
    [
        (500_000, 250_000, ALL_THE_TIME, 0.5),  # of 8 Mbit/s
        (250_000, 750_000, ALL_THE_TIME, 0.75),
        (250_000, 0, [Asked(n / 10, 0.05, 0.0, 0.0) for n in range(30)], 0.25),
    ],
)
def test_the_link(
    sent: float, received: float, asked: list[Asked], expected: float
) -> None:
    """In the direction that carries more, and while anybody was connected."""
    read = {"server_sent_bytes": sent, "server_received_bytes": received}
    assert column("link", read, asked, network__rate_mbit=8.0) == [expected] * 30
    pressed = column("link_connected", read, asked, network__rate_mbit=8.0)
    assert pressed == [expected if asked is ALL_THE_TIME else 2 * expected] * 30
    assert np.isnan(column("link", read, asked)).all()  # one without a rate


def test_one_direction_of_the_link_may_not_have_been_read() -> None:
    read = {"server_sent_bytes": 500_000.0}
    assert column("link", read, network__rate_mbit=8.0) == [0.5] * 30


def test_the_rate_of_a_link_between_hosts_is_that_of_their_interfaces() -> None:
    read = {"server_sent_bytes": 5e5, "server_received_bytes": 0.0}
    run = measured(ALL_THE_TIME, 3.0, read)
    run.run["provenance"]["link_mbit"] = 8
    assert of(run)["link"].round(6).tolist() == [0.5] * 30


def test_the_greater_of_two_readings_holds_between_them() -> None:
    """Once a second, and the first time half a second into the load."""
    run = measured(
        ALL_THE_TIME,
        3.0,
        {"server_threads": 5.0},
        impl__worker="thread",
        impl__workers=8,
    )
    table = run.readings.telemetry
    whole = np.isclose(table["t_s"] % 1, 0.5) & (table["t_s"] > 0)
    table["server_threads"] = np.where(whole, np.floor(table["t_s"]) + 5, np.nan)
    expected = [4 / 8] * 5 + [5 / 8] * 10 + [6 / 8] * 15
    assert of(run)["workers"].tolist() == pytest.approx(expected, nan_ok=True)


def test_somebody_waited_in_so_many_of_the_looks() -> None:
    """In those of half a second around a slice, as far as there are any."""
    read = {"queue": held((1.0001, 0), (9, 1))}
    expected = [0] * 8 + [0.2, 0.4, 0.6, 0.8] + [1] * 18
    assert column("queue", read)[8:12] == [0, 0, 1, 1]
    assert column("queue_nonempty", read) == expected
    moment = of(measured(ALL_THE_TIME, 3.0, {"queue": 1.0}), 1.0, 1.1)
    assert moment["queue_nonempty"].tolist() == [1.0]


def test_lost_connections_may_be_waited_for_after_that() -> None:
    asked = [Asked(0.0, 20.0)]
    read = {"server_listen_overflows": grown((2, 0), (2.1, 30), (99, 0))}
    table = of(measured(asked, 20.0, read), 0.0, 20.0)
    assert table["overflows"].sum() == pytest.approx(3)
    lost = table.loc[table["lost"] > 0, "t_s"]
    assert lost.min() == pytest.approx(2.0)
    assert lost.max() == pytest.approx(2.0 + RECENT_S)
    assert len(lost) == 101


def test_connections_may_have_been_lost_before_the_window() -> None:
    read = {"server_listen_overflows": grown((2, 0), (2.1, 30), (99, 0))}
    run = measured([Asked(0.0, 20.0)], 20.0, read)
    for begin_s, slices in ((4.05, 81), (11.05, 11), (12.25, 0)):  # up to 12.1 s
        lost = of(run, begin_s, 20.0)["lost"]
        assert lost.sum() == slices
        assert lost.tolist() == sorted(lost, reverse=True)


@pytest.mark.parametrize(
    "impl, read, wait_ms, expected",
    [
        ({"worker": "thread", "workers": 8}, {"server_threads": 5.0}, 0, 0.5),
        ({"worker": "process", "workers": 8}, {"server_processes": 9.0}, 0, 1.0),
        (
            {"worker": "thread", "options": {"max_workers": 16}},
            {"server_threads": 5.0},
            *(0, 0.25),
        ),
        ({"worker": "thread"}, {"server_threads": 5.0}, 0, None),  # without a bound
        ({"worker": None, "workers": 8}, {"server_threads": 5.0}, 0, None),
        # All of a pool are there, at work or not.
        ({"worker": "pool", "workers": 8}, {"server_threads": 9.0}, 0, None),
        # 20 requests a second, which take 400 ms at the least, keep eight of them.
        ({"worker": "pool", "workers": 8}, {"server_threads": 9.0}, 300, 1.0),
        ({"worker": "helper", "workers": 16}, {}, 300, 0.5),
    ],
)
def test_workers(
    impl: dict[str, Any], read: dict[str, Any], wait_ms: float, expected: float | None
) -> None:
    asked = [Asked(n / 20 - 0.025 - 0.4, 0.4, 0.0, 0.4) for n in range(1, 61)]
    # Who has given up, or waits still, is not through with it.
    asked += [Asked(2.0, 0.95, 0.0, None, None, "timed out reading")] * 50
    asked += [Asked(2.0, None, 0.0)] * 50
    own = {f"impl__{name}": value for name, value in impl.items()}
    shares = column("workers", read, asked, page__wait_ms=float(wait_ms), **own)
    assert shares == pytest.approx([expected or np.nan] * 30, nan_ok=True)


@pytest.mark.parametrize(
    "bound, most, expected",
    [(100, 50, 0.8), (50, 100, 0.8), (None, 80, 0.5), (80, None, 0.5), (None, None, 0)],
)
def test_descriptors(bound: int | None, most: int | None, expected: float) -> None:
    """Of what the server can use by its nature, and by what it may have open."""
    told = None if most is None else {"server_most_descriptors": most}
    shares = column(
        "descriptors",
        {"server_descriptors": 40.0},
        impl__descriptors=bound,
        telemetry=told,
    )
    assert shares == pytest.approx([expected or np.nan] * 30, nan_ok=True)


def test_a_window_of_the_run_is_of_that_time() -> None:
    read = {"server_cpu_s": grown((2.5, 0.25), (9, 1.0))}
    table = of(measured([Asked(0.0, 4.0)], 4.0, read), 2.25, 2.75)
    assert table["t_s"].tolist() == pytest.approx([2.25, 2.3, 2.4, 2.5, 2.6, 2.7])
    assert table["seconds"].tolist() == pytest.approx([0.05, *[0.1] * 4, 0.05])
    assert table["server_cpu"].tolist() == pytest.approx([0.25] * 3 + [1] * 3)
