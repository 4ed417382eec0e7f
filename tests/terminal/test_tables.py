"""The tables of a study: they fit the terminal, and keep what limited a row."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from terminal.tables import MOST_ROWS, tables

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "results"
CLASS = ROOT / "tests/analysis/golden_files/expected/class/tables"
STUDIES = [
    (KEPT / "default", ("first_fail", "burst")),
    (KEPT / "capacity", ("capacity",)),
    (CLASS, ("burst",)),
]
WIDTHS = (60, 80, 100, 140)


def shown(folder: Path, experiments: tuple[str, ...], width: int | None) -> str:
    console = Console(file=io.StringIO(), width=width or 1000)
    for part in tables(folder, experiments, width):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "folder, experiments", STUDIES, ids=lambda part: str(part)[-20:]
)
def test_a_table_fits(folder: Path, experiments: tuple[str, ...], width: int) -> None:
    text = shown(folder, experiments, width)
    assert max(map(cell_len, text.splitlines())) <= width
    for name in experiments:
        assert f"\n{name}\n" in f"\n{text}"
    assert "implementation" in text and "limited by" in text


def test_what_is_needed_least_is_left_out_first() -> None:
    wide, middle, narrow = (
        shown(KEPT / "default", ("first_fail",), width) for width in (300, 80, 60)
    )
    assert "memory" in wide and "[1,271, 1,302]" in wide and "onset" in wide
    assert "memory" not in middle and "[" not in middle
    assert "average" in middle and "average" not in narrow
    for text in (wide, middle, narrow):
        assert "1,273" in text and "241.1" in text and "server-cpu" in text
        assert "The machine's speed changed" in " ".join(text.split())
        assert "A over B" not in text  # of another table in the file


def test_who_has_no_terminal_gets_all_columns() -> None:
    lines = shown(KEPT / "default", ("first_fail",), None).splitlines()
    [row] = [line for line in lines if line.startswith("single")]
    assert "23.9 [23.9, 24.0]" in row and row.rstrip().endswith("server-cpu")


def test_a_class_has_its_ranking_first_and_who_was_not_measured() -> None:
    text = " ".join(shown(CLASS, ("burst",), 60).split())
    assert text.startswith("ranking")
    assert "Not measured: - students/cleo: does not start" in text


def table(names: list[str]) -> str:
    rows = "".join(f"| {name} | 5 | link † |\n" for name in names)
    heading = "| implementation | users | limited by |\n|---|---:|---|\n"
    return f"### burst\n\nA caption.\n\n{heading}{rows}\n†: not the server.\n"


def test_a_long_table_is_cut(tmp_path: Path) -> None:
    names = [f"students/{number:03}" for number in range(500)]
    (tmp_path / "burst.md").write_text(table(names))
    text = shown(tmp_path, ("burst",), 80)
    assert "students/039" in text and "students/040" not in text
    assert f"… and {500 - MOST_ROWS} rows more" in text


def test_names_move_no_cursor_and_are_no_markup(tmp_path: Path) -> None:
    names = ["\x1b[2Jone", "[red]two[/red]", "a\\|b", "long-" * 30]
    (tmp_path / "burst.md").write_text(table(names))
    for width in (60, None):
        text = shown(tmp_path, ("burst",), width)
        assert "\x1b" not in text and "\\x1b[2Jone" in text
        assert "[red]two[/red]" in text and "a|b" in text
        assert width is None or max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [None, 80])
def test_a_class_in_which_nothing_went_wrong(tmp_path: Path, width: int | None) -> None:
    """Its last column has no heading and no remark."""
    head = "| rank | implementation | users | |\n|---:|---|---:|---|\n"
    rows = "| 1 | students/ada | 20 |  |\n| 2 | students/ben | 10 |  |\n"
    (tmp_path / "ranking.md").write_text(f"### ranking\n\n{head}{rows}")
    assert "students/ben" in shown(tmp_path, (), width)


@pytest.mark.parametrize("width", [30, 40])
def test_what_a_table_is_about_stays(tmp_path: Path, width: int) -> None:
    """Settings, other figures and the width of words go before it."""
    headings = ["implementation", "users", "idle", "failures", "RPS", "limited by"]
    row = ["an_implementation", "2,000", "0", "1,772", "256.6 of 506.9"]
    lines = [headings, ["---", *["---:"] * 4, "---"], [*row, "machine + accept-queue"]]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    (tmp_path / "burst.md").write_text(f"### burst\n\n{text}\n")
    said = shown(tmp_path, ("burst",), width)
    assert max(map(cell_len, said.splitlines())) <= width
    assert "failures" in said and "1,772" in said and "machine" in said


@pytest.mark.parametrize(
    "folder, experiment, about",
    [
        (KEPT / "default", "burst", "failures"),
        (KEPT / "default", "first_fail", "users"),
        (KEPT / "capacity", "capacity", "peak RPS"),
    ],
)
def test_the_tables_of_a_study_keep_it(
    folder: Path, experiment: str, about: str
) -> None:
    text = " ".join(shown(folder, (experiment,), 40).split())
    assert about.split(maxsplit=1)[0] in text and "limited by" in text
