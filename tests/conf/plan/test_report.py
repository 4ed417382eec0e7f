"""The settings of a report, and a report of what was asked for last."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis import texts
from conf.errors import MatrixError
from conf.plan import report
from conf.plan.recorded import plan_report
from conf.plan.request import plan
from tests.conf.plan.test_plan import ASKED, PARTS, ROOT

pytestmark = pytest.mark.usefixtures("composed_once")

WRONG: list[tuple[Any, str]] = [
    ("ko", "report=ko: write its settings by their names, as in report='{language: "),
    ({"langage": "en"}, "there is no setting report.langage; did you mean report.lan"),
    ({"language": "fr"}, "report.language=fr: choose from en, ko"),
    ({"student": 22}, "report.student: it must be text; the value was read as 22"),
    ({"language": None}, "report.language has no value: it must be text"),
    ({"file": "a/b.pdf"}, "report.file=a/b.pdf: it must be a name that ends with .pdf"),
    ({"file": "{nme}.pdf"}, "may have {exercise}, {student}, {name} in it"),
    ({"file": "{.pdf"}, "report.file={.pdf: it must be a name that ends with .pdf"),
    (
        {"file": "{name}.pdf"},
        "report.file={name}.pdf asks for {name}: give report.name",
    ),
    ({"base": "nowhere"}, "report.base=nowhere: name a folder of outputs"),
    ({"base": "x" * 5000}, "name a folder of outputs"),
    ({"notes": "nowhere.md"}, "report.notes=nowhere.md: No such file or directory"),
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("given, told", WRONG)
def test_a_wrong_setting_is_one_line(given: Any, told: str) -> None:
    with pytest.raises(MatrixError) as error:
        report.split({"report": given})
    assert told in str(error.value) and len(str(error.value).splitlines()) == 1


def test_settings_are_given_in_either_way() -> None:
    asked = {"report": {"name": "Ada"}, "set": {"report.student": "022", "idle": 0}}
    rest, settings = report.split(asked)
    assert rest == {"set": {"idle": 0}}
    assert (settings["name"], settings["student"]) == ("Ada", "022")
    assert settings["language"] == report.Report.language
    assert report.split({}) == ({}, report.split({"set": {}})[1])


def test_each_language_of_the_catalogue_can_be_chosen() -> None:
    spec = report.Report.__dataclass_fields__["language"]
    assert sorted(spec.metadata["choices"]) == texts.languages()


def test_a_report_is_made_anew_for_other_settings_and_no_cell_is() -> None:
    """Else another language would need another measurement, or would not be seen."""
    plain, named = (
        plan({**ASKED, **more}, ROOT, PARTS)
        for more in ({}, {"report": {"name": "Ada"}})
    )
    assert named.cells == plain.cells and named.files.key == plain.files.key
    assert named.report_stamp != plain.report_stamp
    assert {"outputs/report.html", plain.report_stamp} <= set(plain.targets)
    assert '"name": "Ada"' in named.report_command
    notes = Path("notes.md")
    stamps = []
    for text in ("one", "other"):
        notes.write_text(text)
        made = plan({**ASKED, "report": {"notes": "notes.md"}}, ROOT, PARTS)
        stamps.append(made.report_stamp)
    assert len(set(stamps)) == 2


def test_a_report_and_an_archive_are_made_anew_with_the_tables() -> None:
    """By another analysis, of the same records."""
    other = replace(PARTS, analysis="other")
    first, second = (plan(ASKED, ROOT, parts) for parts in (PARTS, other))
    assert first.files.key == second.files.key
    assert first.report_stamp != second.report_stamp
    assert first.archive_stamp != second.archive_stamp


def test_a_report_is_made_anew_if_what_it_compares_with_has_changed() -> None:
    asked = {**ASKED, "report": {"base": "before"}}
    Path("before").mkdir()
    stamps = [plan(asked, ROOT, PARTS).report_stamp]
    for name in ("outputs/.shown/1a", "outputs/matrices/1a/made~2b"):
        path = Path("before", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        stamps.append(plan(asked, ROOT, PARTS).report_stamp)
    assert plan(asked, ROOT, PARTS).report_stamp == stamps[-1]
    assert len(set(stamps)) == 3


def test_the_file_that_is_handed_in_is_one_of_the_reports() -> None:
    """So it is made again if it is lost, and named at the end."""
    settings = {"file": "CN_{exercise}_{name}.pdf", "exercise": "HW2", "name": "Ada"}
    made = plan({**ASKED, "report": settings}, ROOT, PARTS)
    assert made.reports == [
        *("outputs/report.html", "outputs/report.pdf"),
        "outputs/CN_HW2_Ada.pdf",
    ]
    assert made.report_command.startswith("outputs/report.html outputs/report.pdf --")


def test_a_report_alone_is_of_what_was_asked_for_last() -> None:
    asked = plan(ASKED, ROOT, PARTS)
    asked.write()
    for cell, config in asked.cells.items():
        folder = Path("outputs/runs", cell)
        folder.mkdir(parents=True)
        for name in PARTS.record:
            (folder / name).touch()
        (folder / "config.yaml").write_text(
            yaml.safe_dump(json.loads(json.dumps(config)))
        )
    with pytest.raises(
        MatrixError, match="there is nothing to report yet: ask for all"
    ):
        plan_report({}, PARTS)
    Path(asked.shown_stamp).parent.mkdir(parents=True)
    Path(asked.shown_stamp).touch()
    alone = plan_report({"report": {"name": "Ada"}}, PARTS)
    assert list(alone.cells) == list(asked.cells)
    assert alone.files.key == asked.files.key and alone.comparisons == asked.comparisons
    assert not alone.files.unmeasured and alone.report["name"] == "Ada"
    told = "impl=select: a report or an archive alone is of what was"
    with pytest.raises(MatrixError, match=told):
        plan_report({"impl": "select"}, PARTS)
    (folder / "run.json").unlink()
    with pytest.raises(MatrixError, match="is not whole any more: ask for all first"):
        plan_report({}, PARTS)
    (folder / "config.yaml").unlink()
    with pytest.raises(MatrixError, match="is no measured cell any more: ask for all"):
        plan_report({}, PARTS)
