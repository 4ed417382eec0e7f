"""Studies: which cells belong together.

Rules of this module:
- A study holds overrides in Hydra's grammar, some for all of its experiments and some
  for one. The user's overrides come after these. `fixed` ones of an experiment come
  last.
- A malformed file raises `SettingError`. Its one line begins with the file.
"""

from __future__ import annotations

from typing import Any

from conf.compose.choices import FOLDER, misnamed
from conf.errors import SettingError
from conf.schema import Config
from conf.validate import yaml_files
from conf.validate.suggestions import unknown_name


def study(name: Any) -> Config:
    """Return the overrides of a study, and those of each of its `experiments`.

    Raises `SettingError`.
    """
    known = sorted(path.stem for path in (FOLDER / "study").glob("*.yaml"))
    if str(name) in misnamed("study"):
        raise SettingError(misnamed("study")[str(name)])
    if name not in known:
        raise SettingError(unknown_name("study", str(name), known))
    where = f"conf/study/{name}.yaml"
    content = yaml_files.load(FOLDER, f"study/{name}.yaml")
    common, experiments = content.get("overrides") or [], content.get("experiments")
    for key in content.keys() - {"overrides", "experiments"}:
        why = yaml_files.no_setting(key, ("overrides", "experiments"))
        raise SettingError(f"{where}: {why}")
    if not isinstance(experiments, dict) or not experiments:
        raise SettingError(
            f"{where}: it must name experiments, each with its overrides, as in "
            "experiments: {burst: [users=5]}"
        )
    parts = {"overrides": common, "experiments": experiments}
    for part in (common, *(p for e in experiments for p in of_experiment(parts, e))):
        if not isinstance(part, list) or not all(isinstance(t, str) for t in part):
            raise SettingError(f"{where}: {part} is no list of overrides, as [users=5]")
    return parts


def of_experiment(study: Config, name: str) -> tuple[list[str], list[str]]:
    """Return the overrides of one experiment, and its fixed ones."""
    overrides = study["experiments"].get(name) or []
    if isinstance(overrides, dict):
        return overrides.get("overrides", []), overrides.get("fixed", [])
    return overrides, []
