"""What stands between the marks of a page, and how a wrong mark is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.__main__ import main
from docs.regions import filled, used

BURST = """\
### burst

| implementation | users | failures | RPS |
|---|---:|---:|---:|
| single | 300 | 1,772 [1,748, 2,098] | 256.6 [237.1, 259.4] of 506.9 |
| select | 300 | 0 [0, 0] | 242.8 of 506.9 |
| select | 600 | 7 [0, 9] | 243.0 of 506.9 |

What users waited for:

| implementation | server-cpu |
|---|---:|
| select | 100 % |
"""
MEASURED = """\
{"command": "make", "cpus": 2, "cpu_model": "Intel(R) Xeon(R) CPU @ 2.20GHz",
"kernel": "Linux 6.1.2-cloud", "python": "3.11.7", "day": "2026-11-08"}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    kept = tmp_path / "docs" / "results" / "own"
    kept.mkdir(parents=True)
    (kept / "burst.md").write_text(BURST)
    (kept / "measured.json").write_text(MEASURED)
    (tmp_path / "README.md").write_text("No regions.\n")
    return tmp_path


def page(root: Path, text: str) -> Path:
    (root / "docs" / "page.md").write_text(text)
    return root / "docs" / "page.md"


def test_a_table_has_the_columns_that_are_named(root: Path) -> None:
    begin = "<!-- table: own/burst.md: implementation | failures -->\n"
    text = f"Before.\n\n{begin}| edited | by hand |\n<!-- end -->\n"
    assert filled(page(root, text), root) == (
        f"Before.\n\n{begin}"
        "| implementation | failures |\n|---|---:|\n"
        "| single | 1,772 [1,748, 2,098] |\n| select | 0 [0, 0] |\n"
        "| select | 7 [0, 9] |\n<!-- end -->\n"
    )


@pytest.mark.parametrize(
    "name", ["own/burst.md#2", "own/burst.md: implementation | server-cpu"]
)
def test_a_table_further_below(root: Path, name: str) -> None:
    text = f"<!-- table: {name} -->\n<!-- end -->\n"
    whole = "| implementation | server-cpu |\n|---|---:|\n| select | 100 % |\n"
    assert whole in filled(page(root, text), root)


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("own/burst.md: single: RPS", "256.6"),
        ("own/burst.md: single: failures", "1,772"),
        ("own/burst.md: select | 600: RPS", "243.0"),
    ],
)
def test_a_figure_has_no_interval(root: Path, figure: str, shown: str) -> None:
    text = f"It had <!-- figure: {figure} -->9<!-- end -->."
    assert f"-->{shown}<!-- end -->." in filled(page(root, text), root)


def test_the_machine(root: Path) -> None:
    text = "Measured <!-- measured: own --><!-- end -->."
    assert filled(page(root, text), root) == (
        "Measured <!-- measured: own -->by `make` on 2 cores of an Intel Xeon, "
        "Linux 6.1.2, Python 3.11.7, on 8 November 2026<!-- end -->."
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<!-- table: own/first.md -->\n<!-- end -->", "first.md: No such file"),
        ("<!-- table: new/burst.md -->\n<!-- end -->", "`python -m docs keep new`"),
        ("<!-- table: own/burst.md: RSS -->\n<!-- end -->", "with the columns RSS"),
        ("<!-- table: own/burst.md#3 -->\n<!-- end -->", "there is no table 3"),
        ("<!-- table: own/burst.md#a -->\n<!-- end -->", "as in own/burst.md#2"),
        ("a <!-- figure: own/burst.md: x: RPS --><!-- end -->", "there is no row x"),
        ("a <!-- figure: own/burst.md: single --><!-- end -->", "FILE: ROW: COLUMN"),
        ("a <!-- figure: own/burst.md: single: x --><!-- end -->", "no column x"),
        ("a <!-- measured: own -->", "the last region has no <!-- end -->"),
        ("a <!-- measured: own --> <!-- measured: own -->", "before has no end"),
        ("a <!-- end -->", "no region ends here"),
        ("\n<!-- measured: own --><!-- end -->", "a table begins a line"),
    ],
)
def test_one_line_says_what_is_wrong(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, error: str
) -> None:
    """And no page is written."""
    wrong = page(root, text)
    (root / "README.md").write_text("a <!-- measured: own -->old<!-- end -->\n")
    assert main([], root) == 1
    said = capsys.readouterr().err
    assert error in said and said.count("\n") == 1 and "page.md" in said
    assert wrong.read_text() == text
    assert ">old<" in (root / "README.md").read_text()


def test_what_is_used(root: Path) -> None:
    page(
        root,
        "![a](results/own/users.png) a <!-- measured: own --><!-- end -->\n"
        "<!-- table: own/burst.md#2: a -->\n<!-- end -->\n",
    )
    assert used(root) == {"own/users.png", "own/measured.json", "own/burst.md"}
