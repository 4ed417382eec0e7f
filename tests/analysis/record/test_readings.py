"""Readings between two readings, before the first and after the last."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.files import DataError
from analysis.record.readings import Readings, read_readings
from contract.record import TELEMETRY_COLUMNS
from tests.analysis.conftest import make_cell, steady

NOT_READ = float("nan")


def written(at: Path, rows: list[dict[str, float]], late: str = "") -> Readings:
    """Return what is read of these rows, of a load that began at 100 s."""
    table = pd.DataFrame(rows).reindex(columns=TELEMETRY_COLUMNS)
    table.to_csv(at / "telemetry.csv", index=False)
    header = "at_s,process,lateness_ms,mean_ms\n"
    (at / "generator.csv").write_text(header + late)
    return read_readings(at, 100.0)


def test_a_counter_is_known_from_its_first_reading_to_its_last(tmp_path: Path) -> None:
    rows = [
        {"at_s": 101.0, "throttled_s": 5.0},
        {"at_s": 101.5},  # it was not read then
        {"at_s": 103.0, "throttled_s": 6.0},
    ]
    found = written(tmp_path, rows)
    times = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 3.1])
    assert found.at("throttled_s", times) == pytest.approx(
        [NOT_READ, 5.0, 5.25, 5.5, 6.0, NOT_READ], nan_ok=True
    )
    assert found.growth("throttled_s", 0.0, 2.0) == pytest.approx(0.5)
    assert found.rate("throttled_s", 0.0, 2.0) == pytest.approx(0.5)
    assert found.growth("throttled_s", 3.5, 9.0) is None
    assert found.growth("server_user_s", 0.0, 9.0) is None
    once = written(tmp_path, rows[:2])
    assert np.isnan(once.at("throttled_s", times)).all()
    assert once.growth("throttled_s", 0.0, 2.0) is None


def test_a_counter_that_seems_to_fall_has_not(tmp_path: Path) -> None:
    """A reading missed a child that was just ending, with 5 s of its time."""
    rows = [
        {"at_s": 100.0 + n, "server_user_s": n - (5.0 if n == 10 else 0)}
        for n in range(20)
    ]
    found = written(tmp_path, rows)
    assert found.at("server_user_s", np.array([9.0, 10, 10.5, 11])) == pytest.approx(
        [9.0, 9.0, 10.0, 11.0]
    )


def test_a_value_holds_until_it_is_read_again(tmp_path: Path) -> None:
    rows = [
        {"at_s": 100.5, "queue": 3.0},
        {"at_s": 101.0},
        {"at_s": 102.0, "queue": 7.0},
    ]
    found = written(tmp_path, rows)
    edges = np.array([0.0, 0.4, 0.5, 1.5, 2.0, 9.0])
    assert found.latest("queue", edges) == pytest.approx(
        [NOT_READ, 3.0, 3.0, 7.0, 7.0], nan_ok=True
    )
    assert np.isnan(found.latest("backlog", edges)).all()
    assert found.values("queue", 0.0, 1.0).tolist() == [3.0]
    # Where it is read once a second, the greater of the last one and the next.
    assert found.greatest("queue", edges) == pytest.approx([3.0, 3.0, 7.0, 7.0, 7.0])
    assert np.isnan(found.greatest("backlog", edges)).all()
    falls = written(
        tmp_path, [{"at_s": 101.0, "queue": 7}, {"at_s": 102.0, "queue": 3}]
    )
    assert falls.greatest("queue", np.arange(5)).tolist() == [7, 7, 3, 3]
    by_tenths = falls.greatest("queue", np.linspace(0, 3, 31))
    assert by_tenths.tolist() == [7] * 20 + [3] * 10


def test_what_a_server_had_used_before_the_load_it_had_used_then(
    tmp_path: Path,
) -> None:
    """It was started, and was idle when the load began, between two readings."""
    rows = [
        {"at_s": 99.0, "server_cpu_s": 1.0, "server_cores_idle_s": 10.0},
        {"at_s": 99.5, "server_cpu_s": 2.0, "server_cores_idle_s": 10.0},
        {"at_s": 100.25, "server_cpu_s": 2.5, "server_cores_idle_s": 10.75},
    ]
    found = written(tmp_path, rows)
    times = np.array([0.0, 0.125, 0.25])
    assert found.at("server_cpu_s", times) == pytest.approx([2.0, 2.25, 2.5])
    # A core goes on.
    idle = found.at("server_cores_idle_s", times)
    assert idle == pytest.approx([10.5, 10.625, 10.75])


@pytest.mark.parametrize(
    "counted, used",
    [
        # All but what is lost between two ticks.
        ([0.0, 4.95, 9.6], 0.96),
        # It was not allowed to count, or counted less than was used.
        ([NOT_READ] * 3, 1.0),
        ([0.0, 4.0, 9.4], 1.0),
        ([0.0, 0.0, 0.0], 1.0),
    ],
)
def test_the_servers_cpu_time_is_as_perf_counted_all_of_it(
    tmp_path: Path, counted: list[float], used: float
) -> None:
    rows = [
        {
            **{"at_s": 100.0 + 5 * n, "server_cpu_s": counted[n]},
            **{"server_user_s": 4.0 * n, "server_system_s": 1.0 * n},
        }
        for n in range(3)
    ]
    found = written(tmp_path, rows)
    assert found.rate("server_cpu_s", 0.0, 10.0) == pytest.approx(used)


def test_what_perf_counted_is_enough_where_nothing_was_accounted(
    tmp_path: Path,
) -> None:
    rows = [{"at_s": 100.0 + n, "server_cpu_s": n / 2} for n in range(3)]
    assert written(tmp_path, rows).rate("server_cpu_s", 0.0, 2.0) == 0.5


def test_how_late_the_generator_was(tmp_path: Path) -> None:
    """A period holds from the one before; of several processes it is the latest."""
    late = (
        "100.1,0,9,1\n100.2,0,9,2\n100.9,0,9,30\n101.0,0,9,4\n"
        "100.1,1,9,0\n100.2,1,9,5\n100.3,1,9,6\n"
    )
    found = written(tmp_path, [{"at_s": 100.0}], late)
    edges = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.8, 1.0, 1.1])
    assert found.late_ms(edges).tolist() == [1, 5, 30, 30, 30, 30, 0]
    assert written(tmp_path, [{"at_s": 100.0}]).late_ms(edges).tolist() == [0] * 7


@given(data=st.data())
def test_of_any_processes_the_latest_one_counts(data: st.DataObject) -> None:
    """As if each of them was asked alone."""
    moments = st.lists(st.integers(0, 40), max_size=12).map(sorted)
    read = data.draw(st.lists(moments, max_size=4))
    means = iter(data.draw(st.lists(st.integers(0, 9), min_size=48, max_size=48)))
    rows = [(t / 4, n, next(means)) for n, own in enumerate(read) for t in own]
    table = pd.DataFrame(rows, columns=["t_s", "process", "mean_ms"])
    edges = np.array(data.draw(moments.filter(len))) / 3
    expected = [
        max(
            (
                next((ms for t, p, ms in rows if p == n and t >= middle), 0)
                for n in range(len(read))
            ),
            default=0,
        )
        for middle in (edges[:-1] + edges[1:]) / 2
    ]
    assert Readings(pd.DataFrame(), table).late_ms(edges).tolist() == expected


def test_a_million_processes_are_read_as_one(tmp_path: Path) -> None:
    """No run has them; a forger may say so."""
    table = pd.DataFrame({"t_s": np.arange(1e6) / 1e5, "mean_ms": np.arange(1e6)})
    readings = Readings(pd.DataFrame(), table.assign(process=table.index))
    assert readings.late_ms(np.array([0.0, 4.0, 20.0])).tolist() == [999_999, 0]


def test_the_greatest_lateness_of_each_second(tmp_path: Path) -> None:
    late = "100.1,0,3,1\n100.6,0,9,1\n100.6,1,11,1\n102.5,0,7,1\n104.5,0,8,1\n"
    found = written(tmp_path, [{"at_s": 100.0}, {"at_s": 103.0}], late)
    assert found.lateness_ms(0.0, 2.0).tolist() == [11, 7]
    assert found.per_second(range(3))["lateness_ms"].tolist() == pytest.approx(
        [11, NOT_READ, 7], nan_ok=True
    )


def test_seconds_that_were_not_read_are_missing_in_the_timeline(tmp_path: Path) -> None:
    table = written(tmp_path, []).per_second(range(12))
    assert table["server_cpu"].isna().all()
    assert table["queue"].isna().all()
    read = {"server_user_s": 0.5, "server_system_s": 0.25, "queue": list(range(14))}
    folder = make_cell(tmp_path, steady(12, 10, 1), "cap", at_s=12.0, read=read)
    table = read_readings(folder, 100.0).per_second(range(12))
    assert table["server_cpu"].tolist() == [0.75] * 12
    assert table["queue"].tolist() == [*range(1, 13)]
    assert table["lateness_ms"].tolist()[:3] == pytest.approx(
        [NOT_READ, 1.5, NOT_READ], nan_ok=True
    )


@pytest.mark.parametrize("name", ["telemetry.csv", "generator.csv"])
@pytest.mark.parametrize(
    "text, told",
    [
        (None, "No such file"),
        ("", "holds no readings"),
        ("at_s\nx\n", "holds no readings"),
        ("at_s\n1\n", "has no column"),
    ],
)
def test_wrong_files_are_told_of(
    tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    written(tmp_path, [{"at_s": 100.0}])
    (tmp_path / name).unlink()
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"{name}.*{told}"):
        read_readings(tmp_path, 100.0)
