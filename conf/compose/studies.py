"""Studies: which cells belong together.

Rules of this module:
- A study holds overrides in Hydra's grammar, some for all of its experiments and some
  for one. Of the latter, `fixed` ones come even after what the user adds.
- A file of another form raises `SettingError` with one line that begins with the file.
"""

from __future__ import annotations

from typing import Any

from conf.compose.choices import FOLDER, misnamed
from conf.errors import SettingError
from conf.schema import Config
from conf.validate import yaml_files
from conf.validate.suggestions import unknown


def study(name: Any) -> Config:
    """Return what a study has for all experiments (`overrides`), and for each of them.

    Raises `SettingError`.
    """
    known = sorted(path.stem for path in (FOLDER / "study").glob("*.yaml"))
    if str(name) in misnamed("study"):
        raise SettingError(misnamed("study")[str(name)])
    if name not in known:
        raise SettingError(unknown("study", str(name), known))
    where = f"conf/study/{name}.yaml"
    said = yaml_files.load(FOLDER, f"study/{name}.yaml")
    common, experiments = said.get("overrides") or [], said.get("experiments")
    for key in said.keys() - {"overrides", "experiments"}:
        why = yaml_files.no_setting(key, ("overrides", "experiments"))
        raise SettingError(f"{where}: {why}")
    if not isinstance(experiments, dict) or not experiments:
        raise SettingError(
            f"{where}: it has to name experiments, each with its overrides, as in "
            "experiments: {burst: [users=5]}"
        )
    found = {"overrides": common, "experiments": experiments}
    for part in (common, *(p for e in experiments for p in of_experiment(found, e))):
        if not isinstance(part, list) or not all(isinstance(t, str) for t in part):
            raise SettingError(f"{where}: {part} is no list of overrides, as [users=5]")
    return found


def of_experiment(study: Config, name: str) -> tuple[list[str], list[str]]:
    """Return the overrides of one experiment: the user's own come between the two."""
    said = study["experiments"].get(name) or []
    if isinstance(said, dict):
        return said.get("overrides", []), said.get("fixed", [])
    return said, []
