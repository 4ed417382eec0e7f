"""The tables that are made of the code: all of them are in the docs, and say enough."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.record import aggregates
from analysis.record.readings import GROWTH
from analysis.rows.statistics import confidence
from conf import listing
from conf.schema import Cell
from contract import columns, stops
from docs.kept import ROOT, DocsError
from docs.reference import made, markdown
from docs.reference.comments import Source, sentence
from docs.reference.files import COLUMNS
from docs.regions import pages

GOLDEN = ROOT / "tests/analysis/golden_files/expected"
FILES = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
MADE = re.compile(r"<!-- made: (.*?) -->")

SHOWN = sorted({w for page in pages(ROOT) for w in MADE.findall(page.read_text())})


def groups() -> set[str]:
    fields = dataclasses.fields(Cell)
    return {f.name for f in fields if dataclasses.is_dataclass(f.default_factory)}


def test_all_is_in_the_docs() -> None:
    assert set(SHOWN) == {
        *(
            f"settings {group}"
            for group in (*groups(), "cell", "impl.ready", "network.hosts")
        ),
        *(f"choices {group}" for group in listing.LISTED),
        *(f"columns {file}" for file in COLUMNS),
        *(
            f"{table} {rule}"
            for table in ("figures", "outcomes")
            for rule in stops.RULES
        ),
        *(f"evidence {of}" for of in ("server", "generator", "network", "users")),
        *("row", "timeline", "comparisons", "verdicts", "targets", "cases"),
        *(f"options {name}" for name in ("servers", "load", "analysis", "docs")),
        *("options gate", "options conformance", "options load.client.attendance"),
    }


def test_a_setting_is_told_of_in_full() -> None:
    table = made("settings load", ROOT)
    assert table.startswith("\nHow users behave.\n\n| setting | meaning |")
    assert (
        "| `load.slow_ms` | A response that takes longer is a failure. `null`: no "
        "response is too slow. | number above 0, or `null` | `null` |\n"
    ) in table
    assert "| `lean`, `fast`, `http` | `lean` |" in table
    assert "| whole number from 1 to 64 | 1 |" in table
    users = "| whole number from 1 to 1,000,000, or `auto` | 1000 |"
    assert users in made("settings cell", ROOT)


def of_requests() -> list[str]:
    """Return the columns that the timeline of an empty record has."""
    names = ("start_s", "response_ms", "users", "error")
    record = pd.DataFrame({name: pd.Series(dtype=float) for name in names})
    return list(aggregates.timeline(record))


def test_each_key_and_column_of_results_is_explained() -> None:
    result = json.loads((GOLDEN / "cells/first_fail-select-1/result.json").read_text())
    [keys] = re.findall(r"### result.json\n(.*?)\n###", FILES, re.S)
    assert [key for key in result if f"`{key}`" not in keys] == []
    [timeline] = re.findall(r"### timeline.csv\n(.*?)\n###", FILES, re.S)
    for name in (*of_requests(), *GROWTH, *columns.TELEMETRY_VALUES):
        assert f"`{name}`" in timeline
    failures = (GOLDEN / "cells/stray/failures.csv").read_text().partition("\n")[0]
    [named] = re.findall(r"### failures.csv\n(.*?)\n###", FILES, re.S)
    assert re.findall(r"^\| `(\w+)`", named, re.M) == failures.split(",")


def test_each_column_of_cells_is_explained() -> None:
    with (GOLDEN / "study/tables/cells.csv").open(encoding="utf-8") as file:
        heading = next(csv.reader(file))
    prefixes = tuple(re.findall(r"`(\w+\.)…`", FILES))
    own = [name for name in heading if not name.startswith(prefixes)]
    assert [name for name in own if f"`{name}`" not in FILES] == []


def test_coverages() -> None:
    """Those of `docs/statistics.md`."""
    text = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    for runs in (3, 4, 5, 6, 8, 9):
        assert f"{100 * confidence(runs):.1f}".removesuffix(".0") in text


@pytest.mark.parametrize("words", [words for words in SHOWN if "options" in words])
def test_an_option_says_what_it_is(words: str) -> None:
    """As `--help` prints it, without the escapes of argparse."""
    rows = made(words, ROOT).splitlines()[2:]
    assert rows and not [row for row in rows if row.endswith("| |") or "%%" in row]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("setting load", "setting: choose from cases, choices, columns"),
        ("settings laod", "laod: conf/schema.py has no such group"),
        ("choices impls", "impls: choose from study, experiment"),
        ("columns stats.csv", "stats.csv: choose from requests.csv"),
        ("outcomes burst", "burst: choose from first_failure"),
        ("figures burst", "burst: choose from first_failure"),
        ("evidence servers", "there is no class Servers"),
        ("options loads", "loads: there is no such program"),
    ],
)
def test_what_is_not_there(words: str, error: str) -> None:
    with pytest.raises(DocsError, match=re.escape(error)):
        made(words, ROOT)


def test_what_comments_say(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "A = 1  # behind\n"
        "class B:\n    # Above,\n    # and more.\n    c: int = 1  # behind\n    d = 2\n"
    )
    source = Source(path)
    assert source.constants() == {"A": "behind"}
    assert source.fields("B") == {"c": "Above, and more. behind", "d": ""}
    assert sentence("null: no limit") == "`null`: no limit."
    assert sentence("a size; 0: any.") == "A size; `0`: any."
    assert markdown(["a"], [["b|c\nd"], [""]]) == "| a |\n|---|\n| b\\|c d |\n| |\n"
