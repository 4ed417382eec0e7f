"""How tables fit a page."""

from __future__ import annotations

import pytest

from analysis.pdf.elements import Block
from analysis.pdf.tables import PADDING_PT, WIDTH_PT, em, laid_out


def table(columns: int, rows: int, heading: str = "average response, ms") -> Block:
    entry = {"text": "12,345", "interval": "[12,000, 13,000]", "value": 1.0}
    return {
        "kind": "table",
        "columns": [{"heading": heading, "numeric": True}] * columns,
        "rows": [[entry] * columns] * rows,
    }


@pytest.mark.parametrize(
    "columns, rows, layout",
    [
        (3, 40, "upright"),  # as wide as it is
        (4, 40, "upright"),  # headings in several lines
        (9, 4, "turned"),
        (6, 40, "upright"),  # intervals below their numbers
        (9, 40, "across"),
        (30, 40, "across"),  # wider than any page: it is broken, not cut
    ],
)
def test_a_table_has_the_layout_that_it_needs(
    columns: int, rows: int, layout: str
) -> None:
    assert laid_out(table(columns, rows))["layout"] == layout


def test_no_column_is_wider_than_the_page_or_narrower_than_a_word() -> None:
    found = laid_out(
        table(3, 40, "a heading of internationalisation, and of many words")
    )
    assert sum(found["widths"]) <= WIDTH_PT + 1
    for width in found["widths"]:
        assert width >= em("internationalisation") * found["size"]


def test_dotted_names_may_be_broken_in_headings() -> None:
    wide = laid_out(table(8, 40, "server.request_timeout_s") | {"rows": []})
    narrow = laid_out(table(2, 40, "server.request_timeout_s") | {"rows": []})
    assert wide["layout"] == "upright"
    heads = [found["columns"][0]["heading"] for found in (wide, narrow)]
    assert heads == [
        "server.\u200brequest_\u200btimeout_\u200bs",
        "server.request_timeout_s",
    ]


def test_a_number_and_what_was_possible_may_stand_in_two_lines() -> None:
    entry = {"text": "1,235.4 of 1,506.9", "interval": "", "value": 1.0}
    found = laid_out(table(9, 40, "RPS") | {"rows": [[entry] * 9] * 40})
    assert found["layout"] == "upright"


def test_a_table_that_fits_has_the_widths_of_its_words() -> None:
    assert laid_out(table(2, 3))["widths"] == []


def test_hangul_is_wide() -> None:
    assert em("사용자") > 1.5 * em("abc")
    assert PADDING_PT > 0


@pytest.mark.parametrize("columns, layout", [(2, "upright"), (9, "turned")])
def test_a_mark_does_not_stand_in_a_line_of_its_own(columns: int, layout: str) -> None:
    entry = {"text": "machine + accept-queue †", "interval": "", "value": None}
    made = table(columns, 4)
    made["rows"][0] = [*made["rows"][0][:-1], entry]
    found = laid_out(made)
    assert found["layout"] == layout
    assert found["rows"][0][-1]["text"] == "machine + accept-queue\u00a0†"


def test_a_column_has_room_for_a_word_with_its_mark() -> None:
    entry = {"text": "internationalisation †", "interval": "", "value": None}
    heading = {"heading": "limit", "numeric": False}
    made = {"kind": "table", "columns": [heading] * 4, "rows": [[entry] * 4] * 9}
    found = laid_out(made)
    for width in found["widths"]:
        assert width - PADDING_PT >= em("internationalisation †") * found["size"] - 0.01
