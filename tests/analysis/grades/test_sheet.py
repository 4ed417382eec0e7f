"""The sheet of grades of kept records, and where it stands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.shown import show

MARKS = ["points_conformance", "points_first_failure", "points_late", "points_bounds"]


def test_a_row_of_each_submission(golden_made: Path) -> None:
    """Ada is her own reference, and a day late; Cleo's server does not start."""
    found = pd.read_csv(golden_made / "class" / "grades.csv").set_index("submission")
    assert list(found.index) == ["students/ada", "students/cleo"]
    ada, cleo = found.loc["students/ada"], found.loc["students/cleo"]
    ranking = pd.read_csv(golden_made / "class" / "tables" / "ranking.csv")
    assert ada[["rank", "users", "goodput_rps"]].tolist() == (
        ranking.loc[0, ["rank", "users", "goodput_rps"]].tolist()
    )
    assert cleo["went_wrong"].startswith("does not start: ")
    assert ada[MARKS].tolist() == [19.5, 40, -10, 0] and ada["total"] == 49.5
    assert ada[["conformance_passed", "conformance_of"]].tolist() == [22, 45]
    assert (ada["share_of_reference"], ada["days_late"]) == (1, 1)
    assert cleo[MARKS[:2]].tolist() == [0, 0] and pd.isna(cleo["total"])
    assert cleo["to_decide"] == "late: the time of its commit is not known"


def test_without_a_rule_there_are_no_marks(golden_made: Path) -> None:
    none = pd.read_csv(golden_made / "class of none" / "grades.csv")
    marked = pd.read_csv(golden_made / "class" / "grades.csv")
    assert list(none.columns) == list(marked.columns)
    assert none[[*MARKS, "reference", "total", "to_decide"]].isna().all(axis=None)
    assert none["submission"].tolist() == ["students/cleo"]


def test_it_is_shown_for_a_class_alone(golden_made: Path, tmp_path: Path) -> None:
    show(golden_made / "class", tmp_path)
    assert (tmp_path / "grades.csv").exists()
    assert not (tmp_path / "tables" / "grades.csv").exists()
    show(golden_made / "odd", tmp_path)
    assert not (tmp_path / "grades.csv").exists()
