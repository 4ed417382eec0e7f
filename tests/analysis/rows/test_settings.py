"""What cells share and what tells them apart: nothing is said that is not so."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.charts.cell import draw
from analysis.diagnosis.verdict import Verdict
from analysis.files import DataError, write_csv
from analysis.record import aggregates, definitions
from analysis.record.config import read_config
from analysis.record.definitions import Stopped
from analysis.record.measurement import read_measurement
from analysis.record.run_files import (
    COLUMNS,
    check_stop,
    check_times,
    read_requests,
    read_stopped,
)
from analysis.rows import settings
from analysis.rows.cells import Cell
from analysis.rows.groups import grouped
from analysis.rows.matrix import Matrix
from analysis.rows.settings import caption, label, show, show_ms, varying_settings
from analysis.tables.comparison import markdown, table
from analysis.texts import speaking
from analysis.translation import translated
from tests.analysis.charts.test_pictures import texts
from tests.analysis.conftest import Request, config, frame, steady

AT = Path("a/file")


def made(experiment: str = "first_fail", **changes: Any) -> Cell:
    asked = config(experiment=experiment, **changes)
    requests = asked["experiment"]["stop"] == "requests"
    stopped = Stopped("requests" if requests else "cap", 12.0, 3300)
    row = definitions.row(
        frame(steady(10, 20, 1)), asked["experiment"]["stop"], stopped
    )
    result = {
        **{"row": {**vars(row)}, "stopped": vars(stopped), "provenance": None},
        "verdict": {"limit": "server-cpu", "because": "it was busy"},
    }
    return Cell(Path("x"), asked, result)


def test_a_caption_says_only_what_is_so_of_all_rows() -> None:
    cells = [made(impl="a", server__backlog=64), made(impl="b", server__backlog=256)]
    assert varying_settings(cells) == ["server.backlog"]
    assert "backlog" not in caption(cells)
    assert "page static" in caption(cells)
    assert table(cells)["server.backlog"].tolist() == [64, 256]


def test_a_caption_says_what_a_page_costs() -> None:
    fixed = {"page__name": "fixed_cost", "page__kind": "rendered"}
    cells = [made(impl=impl, **fixed, page__cpu_ms=4.0) for impl in ("a", "b")]
    assert ", page fixed_cost, 4 ms of CPU each, backlog 128" in caption(cells)
    for others in ({"page__cpu_ms": None}, {**fixed, "page__cpu_ms": 2.5}):
        assert "ms of CPU" not in caption([*cells, made(**others)])
    assert "ms of CPU" not in caption([made(page__cpu_ms=None)])
    attended = {"app": {"name": "attendance"}}
    for cell in cells:
        cell.config.update(attended)
    assert "attendance, backlog" in caption(cells)


def test_a_caption_says_how_many_users_there_are() -> None:
    asked = {"users": "auto", "experiment__start_users": "auto"}
    said = caption([made(**asked), made(impl="a", **asked)])
    assert said.startswith(
        "Up to the first failed request, as many users as it takes, from 70 % of those "
        "that keep the server busy on, 10 joining a second, "
    )
    number = {**asked, "experiment__start_users": 2000}
    assert "takes, from 2,000 on, 10 joining" in caption([made(**number)])
    both = [made(**asked), made(**{**asked, "users": 500})]
    assert "first failed request, from 70 % of" in caption(both)
    assert table(both)["cap"].tolist() == ["auto", 500]
    assert "| select | auto | > 3,300 |" in markdown("first_fail", both)


def test_an_implementations_own_settings_come_with_its_name() -> None:
    assert (
        varying_settings(
            [made(impl="a", impl__path="/a"), made(impl="b", impl__path="/b")]
        )
        == []
    )
    within = [made(impl__path="/a"), made(impl__path="/b")]
    assert varying_settings(within) == ["impl.path"]
    assert [label([c], varying_settings(within)) for c in within] == [
        "select, impl.path /a",
        "select, impl.path /b",
    ]


def test_the_number_of_requests_can_be_swept() -> None:
    cells = [made("burst", experiment__requests=n) for n in (500, 1000)]
    assert varying_settings(cells) == ["experiment.requests"]
    assert caption(cells).startswith("The first requests to finish, ")
    assert "| select | 500 |" in markdown("burst", cells)


def test_requests_that_nobody_finished_in_time_are_not_asked_for() -> None:
    cells = [made("burst", impl=impl) for impl in ("a", "b")]
    assert caption(cells).startswith("The first 1,000 requests, ")
    cells[0].result["row"]["outcome"] = "time limit"
    assert caption(cells).startswith("The first 1,000 requests, ")
    cells[1].result["row"]["outcome"] = "time limit"
    assert caption(cells).startswith("All requests of 60 s, ")


def test_a_burst_that_ended_early_does_not_show_what_was_asked_for() -> None:
    """Its server died, say."""
    cells = [made("burst", impl=impl) for impl in ("a", "b")]
    cells[0].result["row"].update(outcome="crashed", requests=708)
    both = caption(cells)
    assert both.startswith("The first 1,000 requests, or all of a run that ended be")
    assert caption(cells[:1]).startswith("All 708 requests until the run ended, ")
    cells[1].result["row"].update(outcome="crashed", requests=1)
    assert caption(cells).startswith("All requests until the run ended, ")
    assert caption(cells[1:]).startswith("All 1 request until the run ended, ")
    with speaking("ko"):
        for said in (both, caption(cells), caption(cells[:1])):
            first = said.split(", 2,000")[0]
            assert "request" not in translated(first), first


def test_users_are_a_cap_only_where_a_failure_is_looked_for() -> None:
    capped = [made(users=n) for n in (1000, 2000)]
    assert "| implementation | cap on users | users |" in markdown("f", capped)
    assert {"cap", "users", "reached"} <= set(table(capped).columns)
    fixed = [made("burst", users=n) for n in (1000, 2000)]
    assert "| implementation | users | failures |" in markdown("b", fixed)
    assert table(fixed)["users"].tolist() == [1000, 2000]


AXES = st.fixed_dictionaries(
    {
        "impl": st.sampled_from(["single", "select"]),
        "users": st.sampled_from([100, 200]),
        "repeat": st.integers(1, 3),
        "server__backlog": st.sampled_from([64, 128]),
    }
)


@given(
    st.lists(AXES, min_size=1, max_size=8, unique_by=lambda a: str(sorted(a.items())))
)
def test_rows_are_told_apart_in_any_order(axes: list[dict[str, Any]]) -> None:
    cells = [made(**changes) for changes in axes]
    groups = grouped(cells)
    assert len({group.label for group in groups}) == len(groups)
    assert sum(group.runs for group in groups) == len(cells)
    apart = {str(sorted({**a, "repeat": 0}.items())) for a in axes}
    assert len(groups) == len(apart)
    backwards = cells[::-1]
    assert varying_settings(backwards) == varying_settings(cells)
    assert caption(backwards) == caption(cells)
    rows = sorted(map(str, table(cells).to_dict("records")))
    assert sorted(map(str, table(backwards).to_dict("records"))) == rows


def test_values_for_reading() -> None:
    shown = [show(v) for v in (None, True, 10.0, 3300, "a\n| b")]
    assert shown == ["–", "true", "10", "3,300", "`a \\| b`"]
    times = [show_ms(v) for v in (None, 0.04, 2.14, 42_274.84)]
    assert times == ["–", "0.04", "2.1", "42,275"]


def test_csv_keeps_whole_numbers_whole(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"n": [25_276_502_016, None], "f": [461.586601, None], "b": [True, None]}
    )
    write_csv(tmp_path / "t.csv", rows)
    text = (tmp_path / "t.csv").read_text()
    assert text == "n,f,b\n25276502016,461.586601,True\n,,\n"


def test_timeline_goes_on_until_the_run_stopped() -> None:
    record = frame([(0.0, 500, 200, 1, 7, "")])
    timeline = aggregates.timeline(record, until_s=2.5)
    assert timeline["users"].tolist() == [7, 7, 7]
    assert timeline["rps"].tolist() == [1, 0, 0]
    assert timeline["p50_ms"].isna().tolist() == [False, True, True]
    assert len(aggregates.whole_seconds(timeline, 2.5)) == 2


@pytest.mark.parametrize(
    "start_s, ms",
    [(-1.0, 5.0), (1.0, math.inf), (math.nan, 5.0), (1e12, 5.0), (1.0, -1.0)],
)
def test_a_request_lies_within_the_run(start_s: float, ms: float) -> None:
    record = frame([(0.0, 5, 200, 1, 1, ""), (start_s, ms, 200, 1, 1, "")])
    check_times(record.iloc[:1], Stopped("cap", 60.0, 1), AT)
    with pytest.raises(DataError, match="line 3"):
        check_times(record, Stopped("cap", 60.0, 1), AT)


def test_a_run_stops_for_a_reason_of_its_rule() -> None:
    check_stop("first_failure", "cap", AT)
    with pytest.raises(DataError, match="one of requests, time-limit"):
        check_stop("requests", "cap", AT)


@pytest.mark.parametrize(
    "run",
    [
        [],
        {"stopped": {"reason": "cap", "at_s": math.nan, "users": 1}},
        {"stopped": {"reason": "cap", "at_s": 1, "users": math.inf}},
        {"stopped": {"reason": "cap", "at_s": 1, "users": 1}, "provenance": []},
    ],
)
def test_wrong_runs(run: Any) -> None:
    with pytest.raises(DataError):
        read_stopped(run, AT)


@pytest.mark.parametrize(
    "changes",
    [
        {"users": "many"},
        {"users": 2.5},
        {"users": "auto", "experiment": {**config("single", "burst")["experiment"]}},
        {"experiment__stop": "later"},
        {"experiment__max_s": None},
        {"impl__name": 3},
    ],
)
def test_wrong_configurations(changes: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(json.dumps(config(**changes)))  # JSON is YAML
    with pytest.raises(DataError, match="not the configuration of a cell"):
        read_config(tmp_path)


def matrix(cells: list[Cell], at: Path) -> Path:
    folders = []
    for number, cell in enumerate(cells):
        folder = at / str(number)
        folder.mkdir()
        (folder / "config.yaml").write_text(json.dumps(cell.config))
        (folder / "result.json").write_text(json.dumps(cell.result))
        folders.append(str(folder))
    path = at / "matrix.json"
    path.write_text(json.dumps(folders))
    return path


@pytest.mark.parametrize(
    "result", [{"row": {}, "provenance": None}, {"row": 3, "provenance": []}, []]
)
def test_results_of_another_shape(result: Any, tmp_path: Path) -> None:
    path = matrix([made()], tmp_path)
    assert len(Matrix.read(path).cells) == 1
    (tmp_path / "0" / "result.json").write_text(json.dumps(result))
    with pytest.raises(DataError, match="python -m analysis cell"):
        Matrix.read(path)


def test_a_result_that_lacks_a_figure(tmp_path: Path) -> None:
    cell = made()
    del cell.result["row"]["success_p95_ms"]
    with pytest.raises(DataError, match="python -m analysis cell"):
        Matrix.read(matrix([cell], tmp_path))


def test_evidence_that_is_not_grouped_is_of_older_code(tmp_path: Path) -> None:
    cell = made()
    cell.result["evidence"] = {"server_cpu": 0.5, "rps": 9.0}
    with pytest.raises(DataError, match="python -m analysis cell"):
        Matrix.read(matrix([cell], tmp_path))


def test_each_file_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = matrix([made(), made()], tmp_path)
    (tmp_path / "1" / "result.json").write_text(
        json.dumps({"not_measured": {"kind": "no-start", "because": "x"}})
    )
    opened = []
    read_text = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda p: opened.append(p) or read_text(p))
    read = Matrix.read(path)
    assert (len(read.cells), len(read.unmeasured)) == (1, 1)
    assert len(opened) == len(set(opened)) == 5


def test_a_table_has_one_shape(tmp_path: Path) -> None:
    cells = [made(), made(experiment__stop="requests", experiment__requests=5)]
    with pytest.raises(DataError, match=r"differ in experiment\.stop"):
        Matrix.read(matrix(cells, tmp_path))


@pytest.mark.parametrize(
    "reason, options, said",
    [
        ("requests", {"experiment": "burst"}, "was to end with 1,000"),
        ("cap", {}, "says that it met none"),
    ],
)
def test_a_record_ends_where_the_run_did(
    cell: Callable[..., Path],
    analyse: Callable[..., subprocess.CompletedProcess[str]],
    reason: str,
    options: dict[str, Any],
    said: str,
) -> None:
    folder = cell([(1.0, 5, 503, 0, 1, "HTTP 503")], reason, **options)
    done = analyse("cell", folder)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not list(folder.glob("*.png")) + list(folder.glob(".*"))


def test_settings_are_named_by_their_path() -> None:
    assert dict(settings.leaves({"a": {"b": 1}, "c": []})) == {"a.b": 1, "c": []}


def test_attendance_has_no_status(cell: Callable[..., Path]) -> None:
    attended = {"app": {"name": "attendance", "code": "6357"}}
    rows = [(0.5, 5, None, 3, 1, ""), (0.6, 5, None, 0, 1, "no answer")]
    folder = cell(rows, "time-limit", experiment="burst", **attended)
    run = json.loads((folder / "run.json").read_text())
    record = read_measurement(folder, read_config(folder), run).record
    assert list(record["error"]) == ["", "no answer"]


LINES = ("1.5,3,,,503,1,1", "1.5,3,,,302,1,1,", "1.5,3,,,,0,1,")


@pytest.mark.parametrize("line", LINES)
def test_a_failure_without_its_error_is_no_success(line: str, tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(f"{','.join(COLUMNS)}\n1.0,3,,,200,1,1,\n{line}\n")
    with pytest.raises(DataError, match="line 3 has no error"):
        read_requests(path, over_http=True)


@pytest.mark.parametrize(
    "rows, experiment, reason, said",
    [
        ([(0.2, 100, 503, 5, 120, "HTTP 503")], "burst", "requests", "with 120 users"),
        ([], "burst", "time-limit", "time limit came first"),
        ([], "first_fail", "time-limit", "no failure up to 500 users"),
    ],
)
def test_a_chart_says_how_its_run_ended(
    rows: list[Request], experiment: str, reason: str, said: str
) -> None:
    asked = config(experiment=experiment, users=2000)
    record = frame([*rows, *steady(5, 20, 10)])
    row = definitions.row(
        record, asked["experiment"]["stop"], Stopped(reason, 6.0, 500)
    )
    limited = Verdict("unclear", "nothing was at its limit")
    made = draw(asked, row, record, aggregates.timeline(record), limited, None)
    assert "limit unclear" in texts(made)
    assert said in texts(made)


def test_a_name_does_not_break_the_table() -> None:
    assert "| `a\\|b` |" in markdown("first_fail", [made(impl="a|b")])
