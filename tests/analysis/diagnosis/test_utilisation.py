"""What was full and what was waited for, over time: in a cell's timeline and chart."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from analysis.charts.cell import draw
from analysis.charts.utilisation import smoothed_s
from analysis.diagnosis.utilisation import LEVELS, per_second, stretches
from analysis.diagnosis.verdict import Verdict
from analysis.diagnosis.waiting import Waiting
from analysis.drawing.style import FILLS
from analysis.limits import PARTS
from analysis.record import aggregates, definitions, phases
from analysis.record.definitions import Stopped
from analysis.record.phases import Requests
from tests.analysis.charts.test_pictures import assert_readable, texts
from tests.analysis.conftest import config, frame, steady
from tests.analysis.measured import Asked, records

Cell = Callable[..., Path]
Analyse = Callable[..., subprocess.CompletedProcess[str]]
NAN = float("nan")
READ = (
    *("server_cpu", "link", "generator_busiest", "queue", "backlog", "overflows"),
    *("workers", "descriptors", "others", "stolen", "throttled"),
)


def slices(
    t_s: list[float], parts: list[str | None], last_s: float = 0.5, **read: Any
) -> pd.DataFrame:
    """Slices in each of which one second was waited for one part; the rest not read.

    Each lasts until the next one begins, the last one for `last_s`.
    """
    seconds = [*np.diff(t_s), last_s]
    unread = dict.fromkeys(READ, NAN)
    table = pd.DataFrame({"t_s": t_s, "seconds": seconds, **unread} | read)
    for part in PARTS:
        table[f"for.{part}"] = [float(part == greatest) for greatest in parts]
    return table


def waited(table: pd.DataFrame, **full_s: float) -> Waiting:
    named = {part.replace("_", "-"): at for part, at in full_s.items()}
    return Waiting(1.0, dict.fromkeys(PARTS, 0.1), named, table)


def test_stretches_are_means_over_the_time_of_their_slices() -> None:
    table = stretches(
        slices(
            [0.0, 0.1, 0.4, 0.5, 0.9],
            ["link", "backend", "link", None, None],
            last_s=0.2,
            server_cpu=[0.0, 0.4, 0.8, NAN, NAN],
            queue=[1, 1, 300, 64, NAN],
            backlog=[100, 100, 100, 128, 128],
            overflows=[0, 3, 1.5, 0, NAN],
            others=[0.1, NAN, NAN, NAN, NAN],
            throttled=[0.4, 0.5, 0.5, NAN, NAN],
        ),
        0.5,
    )
    assert table["begin_s"].tolist() == [0.0, 0.5]
    assert table["end_s"].tolist() == pytest.approx([0.5, 1.1])
    assert table["server_cpu"].tolist() == pytest.approx([0.4, NAN], nan_ok=True)
    expected = [(0.01 * 0.4 + 1 * 0.1) / 0.5, 0.5]  # full is full, however long
    assert table["accept_queue"].tolist() == pytest.approx(expected)
    assert table["withheld"].tolist() == pytest.approx([0.5, NAN], nan_ok=True)
    assert table["link"].isna().all()
    assert table["overflows"].tolist() == [4.5, 0]
    assert table["part"].tolist() == ["link", None]


def test_where_hardly_anybody_waits_nothing_took_most() -> None:
    """One second of waiting is half of two; of two and a half it is less."""
    table = stretches(slices([0.0, 2.0, 5.0], ["link"] * 3, 2.5), 1.0)
    assert table["part"].tolist() == ["link", None, None]
    found = per_second(
        requests(), waited(slices([0.0, 1.0], ["link", "link"], 3.0)), range(2), 4.0
    )
    assert found["for"].fillna("").tolist() == ["link", ""]


def test_slices_may_be_longer_than_a_stretch() -> None:
    """As readings of once a second are: then each is a stretch by itself."""
    levels = {"link": [0.1, 0.2, 0.3]}
    table = stretches(slices([0.0, 1.0, 2.0], ["link"] * 3, 1.0, **levels), 0.5)
    assert table["begin_s"].tolist() == [0, 1, 2]
    assert table["end_s"].tolist() == [1, 2, 3]
    assert table["link"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    one = stretches(slices([3.0], ["link"]), 0.5)
    assert one[["begin_s", "end_s"]].to_numpy().tolist() == [[3.0, 3.5]]


def requests(*of: tuple[float, float]) -> Requests:
    """Requests from when to when; those that go on beyond 2.5 s do not finish."""
    asked = [Asked(begin, end - begin if end <= 2.5 else None) for begin, end in of]
    return phases.requests(*records(asked), at_s=2.5, base_s=0.0)


def test_seconds_tell_how_many_were_in_flight_and_for_what() -> None:
    found = per_second(
        requests((0.0, 3.0), (0.5, 1.25), (1.0, 2.5)),
        waited(
            slices([0.0, 0.5, 0.9, 2.1], ["link", "server-cpu", "server-cpu", "link"])
        ),
        range(4),
        2.5,
    )
    assert found["in_flight"].tolist() == pytest.approx(
        [1.5, 2.25, 2.0, NAN],
        nan_ok=True,  # 2 to 2.5 s, and the run is over
    )
    assert found["for"].fillna("").tolist() == ["server-cpu", "", "link", ""]


def test_nothing_was_waited_for() -> None:
    found = per_second(requests(), None, range(2), 2.0)
    assert found["in_flight"].tolist() == [0, 0]
    assert found["for"].isna().all()


@pytest.mark.usefixtures("no_charts")
def test_the_timeline_shows_what_the_verdict_says(cell: Cell, analyse: Analyse) -> None:
    """Each second from which a part was full is one that was waited for it most."""
    # 20 requests a second that take 50 ms; then the server is busy: they take 0.8 s.
    rows = [r for r in steady(6, 20, 0) if r[0] < 3]
    rows += [(3 + n / 20, 800.0, 200, 14_939, 1, "") for n in range(60)]
    cpu_s = [0.0, *np.cumsum([0, 0.1, 0.1, 0.1, 1, 1, 1, 1])]
    read = {"server_user_s": cpu_s, "server_system_s": 0.0}
    folder = cell(rows, "cap", at_s=7.0, read=read)
    done = analyse("cell", folder)
    assert done.returncode == 0, done.stderr
    timeline = pd.read_csv(folder / "timeline.csv")
    assert list(timeline.columns)[-2:] == ["in_flight", "for"]
    assert timeline["in_flight"][1] == pytest.approx(1.0)  # by Little's law
    assert timeline["in_flight"][5] == pytest.approx(16.0, abs=0.5)
    result = json.loads((folder / "result.json").read_text())
    full_s = result["waiting"]["full_s"]
    assert "server-cpu" in full_s
    for part, second in full_s.items():
        assert timeline["for"][int(second)] == part


@pytest.mark.usefixtures("no_charts")
def test_a_search_shows_all_of_it(cell: Cell, analyse: Analyse) -> None:
    folder = cell(
        steady(6, 200, 0),
        "capacity",
        at_s=6.0,
        experiment__stop="capacity",
        experiment__p95_ms=500.0,
    )
    run = json.loads((folder / "run.json").read_text())
    run["stopped"]["steps"] = [
        {"users": 1, "begin_s": 0.5, "end_s": 2.0},
        {"users": 2, "begin_s": 2.5, "end_s": 4.0},
    ]
    (folder / "run.json").write_text(json.dumps(run))
    done = analyse("cell", folder)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(folder / "timeline.csv")["for"].notna().sum() >= 5


def drawn(waiting: Waiting | None, seconds: int = 12, failed: bool = False) -> Figure:
    rows = steady(seconds, 10, 10)
    reason = "cap"
    if failed:
        reason = "first-failure"
        rows.append((seconds - 1.0, 900, None, 0, 130, "timed out connecting"))
    record = frame(rows)
    row = definitions.row(record, "first_failure", Stopped(reason, seconds + 1, 3300))
    limited = Verdict("link", "the link carried 96% of its rate " * 4)
    made = draw(config(), row, record, aggregates.timeline(record), limited, waiting)
    assert_readable(made)
    return made


def panels(made: Figure) -> tuple[Axes, Axes]:
    *_, panel, strip = made.axes
    return panel, strip


def strip_of(strip: Axes) -> list[tuple[str, float, float]]:
    """Return what the strip shows: a part, and from when to when."""
    parts = {matplotlib.colors.to_rgba(FILLS[part].colour): part for part in PARTS}
    found = []
    for bar in strip.collections:
        assert isinstance(bar, PolyCollection)
        (colour,) = bar.get_facecolor()
        part = parts[tuple(colour)]
        assert bar.get_hatch() == FILLS[part].hatch
        xs = bar.get_paths()[0].vertices[:, 0]
        found.append((part, float(xs.min()), float(xs.max())))
    return found


def test_the_strip_shows_what_took_most() -> None:
    half = [n / 2 for n in range(24)]
    parts: list[str | None] = [*["link"] * 4, *["server-cpu"] * 10, *[None] * 2]
    parts += ["link"] * 8
    made = drawn(waited(slices(half, parts), link=0.0, server_cpu=2.0))
    panel, strip = panels(made)
    assert strip_of(strip) == [
        *[("link", 0, 2), ("server-cpu", 2, 7), ("link", 8, 12)],
    ]
    (legend,) = made.legends
    assert [text.get_text() for text in legend.texts] == ["server-cpu", "link"]
    assert "Nothing was read." in [text.get_text() for text in panel.texts]


@pytest.mark.parametrize(
    "full_s, said, at_s",
    [
        ({"link": 7.0, "machine": 3.0}, "machine", 3.0),
        ({"link": 3.0, "server_cpu": 3.0}, "server-cpu", 3.0),  # in the parts' order
        ({"unclear": 0.0, "link": 11.0}, "link", 11.0),  # which is no thing
        ({"unclear": 0.0}, None, None),
        ({}, None, None),
    ],
)
@pytest.mark.parametrize("failed", [False, True])
def test_what_was_full_first_is_marked(
    full_s: dict[str, float], said: str | None, at_s: float | None, failed: bool
) -> None:
    table = slices([n / 10 for n in range(120)], ["link"] * 120, server_cpu=0.5)
    made = drawn(waited(table, **full_s), failed=failed)
    for axes in panels(made):
        uprights = [
            line.get_xdata()[0]
            for line in axes.get_lines()
            if line.get_linestyle() == "-" and line.get_color() == "black"
        ]
        assert uprights == [at_s] * (at_s is not None)
    assert [text.get_text() for text in panels(made)[0].texts] == (
        [] if said is None else [f"first full: {said}"]
    )


def test_lines_are_what_was_read_and_what_was_full() -> None:
    names = [level for level in LEVELS if level not in ("accept_queue", "withheld")]
    read: dict[str, Any] = dict.fromkeys(names, 0.9)
    table = slices([0.0, 0.5, 1.0], [*PARTS[:3]], **read, queue=12, backlog=10)
    panel, _ = panels(drawn(waited(table, server_cpu=0.0)))
    labels = [line.get_label() for line in panel.get_lines()]
    assert labels[:4] == [
        "server CPU",
        "network link",
        "load generator",
        "accept queue",
    ]
    assert {"workers", "CPU withheld", "overflows"}.isdisjoint(labels)
    queue = panel.get_lines()[3]
    assert list(queue.get_ydata()) == [1, 1, 1]
    assert queue.get_color() == FILLS["accept-queue"].colour
    full = {"workers": 1.0, "descriptors": 0.98, "stolen": 0.2}
    table = slices([0.0, 0.5], ["link", None], **full, overflows=[0, 2])
    panel, _ = panels(drawn(waited(table)))
    labels = [line.get_label() for line in panel.get_lines()]
    assert labels == ["CPU withheld", "workers", "descriptors", "overflows"]
    assert list(panel.get_lines()[3].get_xdata()) == [0.75]


def test_every_part_at_once_is_readable() -> None:
    table = slices([n / 2 for n in range(10)], list(PARTS), **dict.fromkeys(READ, 1.0))
    made = drawn(waited(table, generator_cpu=4.0), failed=True)
    assert [part for part, _, _ in strip_of(panels(made)[1])] == list(PARTS)
    for part in PARTS:
        assert part in texts(made)


def test_no_waiting_is_told() -> None:
    panel, strip = panels(drawn(None))
    assert [text.get_text() for text in panel.texts] == ["Users did not wait."]
    assert not strip.collections


def test_long_runs_are_smoothed_more() -> None:
    assert smoothed_s(slices([0.0, 60.0], [None, None])) == 0.5
    assert smoothed_s(slices([10.0, 310.0], [None, None])) == 2.0
