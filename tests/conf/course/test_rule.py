"""The rule of marks: what it holds, and what is wrong with it, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from conf.course.rule import FILE, read_rule
from conf.errors import SettingError

CONF = Path(__file__).parents[3] / "conf"
CELLS = [
    {"impl": {"name": name}, "experiment": {"stop": stop}}
    for name, stop in (("select", "first_failure"), ("single", "requests"))
]
LATE = {"points_a_day": 1, "deadline": "2026-12-18 23:59", "zone": "Asia/Seoul"}
RULE: dict[str, Any] = {
    "marks": True,
    "first_failure": {"points": 60, "reference": "select"},
}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"mark": True}, "there is no setting mark; did you mean marks?"),
    ({"first_failure": {"point": 1}}, "there is no setting first_failure.point; did"),
    ({"conformance": {"points": -5}}, "conformance.points=-5.0: must be at least 0"),
    ({"first_failure": {"points": -1}}, "first_failure.points=-1.0: must be at least"),
    ({"most": -1}, "most=-1.0: must be at least 0"),
    ({"round": 0}, "round=0.0: must be at least 0.001"),
    ({"round": 1e300}, "round=1e+300: must be at most 1,000,000"),
    ({"marks": -1}, "marks=-1: it must be true or false"),
    ({"conformance": {"points": 1e308}}, "points=1e+308: must be at most 1,000,000"),
    (
        {"first_failure": {"points": 1, "reference": ""}},
        "first_failure.points needs first_failure.reference, as in",
    ),
    ({"round": "fine"}, "round=fine: it must be a number"),
    ({"least": 60, "most": 50}, "least=60.0: must be at most most=50.0"),
    ({"conformance": None}, "conformance has no value: it must be settings of its own"),
    ({"conformance": 40}, "conformance=40: it must be settings of its own"),
    ({"conformance": {"unknown": "nil"}}, "conformance.unknown=nil: choose from empty"),
    ({"first_failure": {"marked": True}}, "first_failure.marked: it must be text"),
    (
        {"first_failure": {"points": 60, "all_from": 0.5, "none_to": 0.5}},
        "first_failure.none_to=0.5: must be less than first_failure.all_from=0.5",
    ),
    ({"first_failure": {"points": 60}}, "points needs first_failure.reference, as in"),
    (
        {"first_failure": {"points": 60, "reference": "single"}},
        "reference=single: it is not measured until its first failure here: ask for "
        "it, as in 'impl=glob([students/*,single])', or write marks: false",
    ),
    ({"first_failure": {"reference": "select"}}, "are 0, so there are no points: give"),
    ({"late": {"points_a_day": 5}}, "late.points_a_day needs late.deadline, as in"),
    ({"late": LATE | {"by": "mail"}}, "late.by=mail: choose from commit, files"),
    ({"late": LATE | {"zone": "Seoul"}}, "late.zone=Seoul: must be the name of the "),
    ({"late": LATE | {"zone": None}}, "late.zone=null: must be the name of the dead"),
    ({"late": LATE | {"zone": "../../etc/passwd"}}, "must be the name of the deadl"),
    *(
        ({"late": LATE | {"deadline": text}}, f"late.deadline={text}: must be a day")
        for text in (
            *("2026-12-18", "2026-02-30 12:00", "18.12.2026 23:59", "2026-12-18 25:00"),
            *("0001-01-01 00:00", "9999-12-31 23:59"),
            *("2026-12-18 23:59+09:00", "soon", "20261218T2359"),
        )
    ),
    ({"round": "${most}"}, "round=${most}: must be a value, and no name of another"),
    ({"conformance": {"points": "${x}"}}, "conformance.points=${x}: must be a value"),
    ({"most": 10**400}, "it must be a number"),
]


def read(folder: Path, rule: Any) -> dict[str, Any] | None:
    text = rule if isinstance(rule, str) else yaml.safe_dump(rule)
    (folder / FILE).write_text(text)
    return read_rule(folder, CELLS)


@pytest.mark.parametrize("given, told", WRONG)
def test_a_wrong_rule_is_one_line(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError) as error:
        read(tmp_path, RULE | given)
    assert str(error.value).startswith("conf/grading.yaml: ")
    assert told in str(error.value) and len(str(error.value).splitlines()) == 1


def test_a_wrong_date_is_told_of_though_there_are_no_marks(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"late\.zone=Mars"):
        read(tmp_path, {"late": LATE | {"zone": "Mars"}})
    with pytest.raises(SettingError, match=r"grading\.yaml, line 1: not YAML"):
        read(tmp_path, "marks: [")


def test_without_a_rule_there_are_no_marks(tmp_path: Path) -> None:
    assert read_rule(tmp_path, CELLS) is None
    assert read_rule(CONF, CELLS) is None
    assert read(tmp_path, "marks: false") is None


def test_the_example_is_a_rule_that_names_all_settings(tmp_path: Path) -> None:
    text = (CONF / FILE).read_text()
    assert text.count("marks: false\n") == 1
    rule = read(tmp_path, text.replace("marks: false\n", "marks: true\n"))
    assert rule is not None
    given = yaml.safe_load(text)
    for name, part in rule.items():
        assert name in given
        assert not isinstance(part, dict) or set(part) == set(given[name])


def test_a_deadline_is_of_its_zone(tmp_path: Path) -> None:
    rule = read(tmp_path, RULE | {"late": LATE})
    assert rule is not None
    assert rule["late"]["deadline"] == "2026-12-18T14:59:00+00:00"
    whole = rule["first_failure"]
    assert (whole["points"], whole["all_from"], whole["marked"]) == (60, 1, "empty")
    summer = {"late": LATE | {"deadline": "2026-07-01 12:00", "zone": "Europe/Berlin"}}
    berlin = read(tmp_path, RULE | summer)
    assert berlin is not None
    assert berlin["late"]["deadline"] == "2026-07-01T10:00:00+00:00"
