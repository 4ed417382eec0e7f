"""The rule by which submissions get their marks: `conf/grading.yaml`.

Rules of this module:
- The teacher writes all of it. Without the file, or with `marks: false`, there are no
  marks.
- A rule that cannot be applied raises `SettingError` before anything is measured. Its
  one line begins with the file.
- Times are checked here, and passed on in UTC: `analysis` computes with them.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from pathlib import Path
from typing import Any, cast

from omegaconf import OmegaConf

from conf.errors import SettingError
from conf.schema import Config
from conf.validate import yaml_files
from conf.validate.bounds import check_bounds
from contract import stops

FILE = "grading.yaml"
WHERE = f"conf/{FILE}"
NONE, ALL, EMPTY, MEASURED = "none", "all", "empty", "measured"
COMMIT, FILES = "commit", "files"
MOST = 1_000_000  # points, or times the users of a reference
OFF = "or write marks: false"
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?")


def _points(default: float = 0.0, least: float = 0) -> Any:
    return field(default=default, metadata={"least": least, "most": MOST})


def _choice(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


@dataclass
class Conformance:
    """Points for cases that pass."""

    points: float = _points()
    unknown: str = _choice(EMPTY, NONE, ALL)


@dataclass
class FirstFailure:
    """Points for the users at the first failure, relative to a reference."""

    points: float = _points()
    reference: str | None = None
    all_from: float = field(default=1.0, metadata={"above": 0, "most": MOST})
    none_to: float = _points()
    marked: str = _choice(EMPTY, NONE, ALL, MEASURED)
    unknown: str = _choice(EMPTY, NONE, ALL)
    not_measured: str = _choice(NONE, EMPTY, ALL)


@dataclass
class Late:
    """Points that are taken off for each day after the deadline."""

    points_a_day: float = _points()
    most: float = _points(100.0)
    deadline: str | None = None
    zone: str | None = None
    by: str = _choice(COMMIT, FILES)
    unknown: str = _choice(EMPTY, NONE)


@dataclass
class Rule:
    """The rule of all marks."""

    marks: bool = False
    round: float = field(default=0.5, metadata={"least": 0.001, "most": MOST})
    least: float = _points(least=-MOST)
    most: float = _points(100.0)
    conformance: Conformance = field(default_factory=Conformance)
    first_failure: FirstFailure = field(default_factory=FirstFailure)
    late: Late = field(default_factory=Late)


def read_rule(conf: Path, cells: Iterable[Config]) -> Config | None:
    """Return the rule; None if there are to be no marks.

    `cells` are those that will be measured: the reference has to be among them.
    """
    if not (conf / FILE).exists():
        return None
    given = yaml_files.load(conf, FILE)
    yaml_files.check(WHERE, Rule, given)
    merged = OmegaConf.merge(OmegaConf.structured(Rule), given)
    rule = cast(Config, OmegaConf.to_container(merged))
    try:
        check_bounds(Rule, rule, "")
        _check_bounds(rule)
        late_by = _deadline(rule["late"])
        if rule["marks"]:
            _check_points(rule, list(cells))
    except SettingError as error:
        raise SettingError(f"{WHERE}: {error}") from None
    late = {**rule["late"], "deadline": late_by and late_by.isoformat()}
    return {**rule, "late": late} if rule["marks"] else None


def _check_bounds(rule: Config) -> None:
    if rule["least"] > rule["most"]:
        raise SettingError(
            f"least={rule['least']}: must be at most most={rule['most']}"
        )
    share = rule["first_failure"]
    if share["none_to"] >= share["all_from"]:
        raise SettingError(
            f"first_failure.none_to={share['none_to']}: must be less than "
            f"first_failure.all_from={share['all_from']}"
        )


def _deadline(late: Config) -> datetime | None:
    """Return the deadline in UTC; None without one."""
    text, zone = late["deadline"], late["zone"]
    if text is None:
        if late["points_a_day"]:
            raise SettingError(
                "late.points_a_day needs late.deadline, as in 2026-12-18 23:59"
            )
        return None
    try:
        local = datetime.fromisoformat(text) if TIME.fullmatch(text) else None
    except ValueError:
        local = None
    if local is None or not MINYEAR < local.year < MAXYEAR:  # of UTC
        raise SettingError(
            f"late.deadline={text}: must be a day and a time that exist, as in "
            "2026-12-18 23:59"
        )
    try:
        return local.replace(tzinfo=zoneinfo.ZoneInfo(zone or "")).astimezone(UTC)
    except (ValueError, OSError, KeyError):
        raise SettingError(
            f"late.zone={zone or 'null'}: must be the name of the deadline's time "
            "zone, as in Asia/Seoul"
        ) from None


def _check_points(rule: Config, cells: list[Config]) -> None:
    """Raise `SettingError` if the rule gives nobody any points, or can't."""
    share = rule["first_failure"]
    if not (rule["conformance"]["points"] or share["points"]):
        raise SettingError(
            "conformance.points and first_failure.points are 0, so there are no "
            f"points: give some, {OFF}"
        )
    name = share["reference"]
    if not share["points"]:
        return
    if not name:
        raise SettingError(
            "first_failure.points needs first_failure.reference, as in "
            "reference: select"
        )
    searched = {
        cell["impl"]["name"]
        for cell in cells
        if cell["experiment"]["stop"] == stops.FIRST_FAILURE
    }
    if name not in searched:
        raise SettingError(
            f"first_failure.reference={name}: it is not measured until its first "
            f"failure here: ask for it, as in 'impl=glob([students/*,{name}])', {OFF}"
        )
