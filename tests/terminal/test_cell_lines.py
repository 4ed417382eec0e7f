"""The line of a cell: it fits the terminal, and moves no cursor."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from terminal.cell_lines import FAILED, OTHERS, SERVERS, Rows, sentence

LABELS = [
    "burst multiprocess",
    "first_fail students/a-name-as-long-as-it-gets, users 5",
]
RESULT = {
    "row": {
        **{"users": 12345, "reached": None, "rps": 1234.56},
        **{"failures": 72, "success_p95_ms": 1402.6},
    },
    "verdict": {"limit": "server-cpu"},
}
HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\u202e"


def rows() -> Rows:
    return Rows(500, LABELS, lambda limit: limit == "server-cpu")


def row(result: Any = RESULT, width: int = 140, label: str = LABELS[0]) -> Any:
    return rows().row("3/500", label, result, "about 5 min", width)


@pytest.mark.parametrize("width", [60, 80, 100, 140, 300])
@pytest.mark.parametrize("label", LABELS)
def test_a_row_fits_and_stands_below_its_heading(width: int, label: str) -> None:
    line, heading = row(width=width, label=label).plain, rows().heading(width).plain
    assert cell_len(line) <= width and cell_len(heading) <= width
    assert line.startswith("  3/500") or line.startswith("3/500")
    ends = [line.index(text) + len(text) for text in ("12,345", "1,234.6", "1,403")]
    names = ("users", "RPS", "p95, ms")
    assert ends == [heading.index(name) + len(name) for name in names]


def test_a_very_narrow_terminal_has_a_line_a_cell() -> None:
    for width in (30, 40, 50):
        line, heading = row(width=width).plain, rows().heading(width).plain
        assert cell_len(line) <= width and cell_len(heading) <= width
        assert "12,345" in line
    assert "1,234.6" in row(width=42).plain and "1,403" not in row(width=42).plain


def test_a_wide_terminal_has_all_of_it() -> None:
    line = row(width=150).plain
    for text in ("burst multiprocess", "72", "server-cpu", "about 5 min"):
        assert text in line
    narrow = row(width=60).plain
    assert "about" not in narrow and "server-cpu" not in narrow


def test_colours_tell_what_is_not_the_servers() -> None:
    def styles(result: Any) -> set[str]:
        return {str(span.style) for span in row(result).spans}

    none_failed = RESULT | {"row": RESULT["row"] | {"failures": 0}}
    assert {FAILED, SERVERS} <= styles(RESULT) and OTHERS not in styles(RESULT)
    assert FAILED not in styles(none_failed)
    assert OTHERS in styles(RESULT | {"verdict": {"limit": "link"}})


def test_a_sentence_has_the_same_figures() -> None:
    assert sentence("cell 3 of 8, burst select", RESULT, "about 20 s") == (
        "cell 3 of 8, burst select: 12,345 users, 1,234.6 RPS, 72 failures, "
        "p95 1,403 ms, limited by server-cpu, about 20 s left"
    )


def test_one_is_singular() -> None:
    one = RESULT | {"row": RESULT["row"] | {"users": 1, "failures": 1, "rps": 1.0}}
    assert sentence("cell", one, "").startswith("cell: 1 user, 1.0 RPS, 1 failure, p95")


def test_a_bound_is_no_figure() -> None:
    not_reached = RESULT | {"row": RESULT["row"] | {"reached": False}}
    assert "> 12,345 users" in sentence("cell", not_reached, "")


NOT_MEASURED = {"not_measured": {"kind": "no-start", "because": f"it {HOSTILE}ended"}}


@pytest.mark.parametrize("result", [NOT_MEASURED, None, {}, {"row": {}}, [], "x"])
def test_a_cell_without_figures_says_so(result: Any) -> None:
    said = sentence("cell 1 of 1, burst a", result, "")
    shown = row(result).plain
    expected = "not measured: it" if result is NOT_MEASURED else "no results"
    assert expected in said and expected[:20] in shown


def test_nothing_moves_the_cursor() -> None:
    lines = [
        row(NOT_MEASURED, label=f"burst {HOSTILE}").plain,
        sentence(f"burst {HOSTILE}", NOT_MEASURED, ""),
        Rows(1, [HOSTILE], bool).row("1/1", HOSTILE, RESULT, "", 60).plain,
    ]
    assert all(line.isprintable() for line in lines)
