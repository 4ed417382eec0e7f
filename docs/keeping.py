"""From `outputs/`, or from what a benchmark printed, to what the docs show of a study.

Rules of this module:
- Only what the docs name is kept, and all of it: where one of these files is missing in
  `outputs/`, nothing is taken, so that tables of two measurements never stand together.
- All cells of a study come from one machine. The day and the commit are those of the
  last one measured.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from docs.kept import KEPT, MEASURED, PICTURE, DocsError, Measured, measured
from docs.regions import used

SHOWN = ".shown"  # in `outputs/`: its one file is named after the matrix shown


def keep(study: str, outputs: Path, root: Path) -> list[str]:
    """Keep what the docs show of a study that was just measured; return the names."""
    names = named(study, root)
    sources = {name: _source(outputs, name) for name in names}
    for name, source in sources.items():
        if not source.is_file():
            raise DocsError(
                f"{source} is missing, and the docs show {study}/{name}: run "
                f"`{_command(study, root)}` first, or take its region out of the docs"
            )
    folder = root / KEPT / study
    text = _as_json(_of_cells(outputs, _command(study, root)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in sources.items():
        shutil.copyfile(source, folder / name)
    (folder / MEASURED).write_text(text, encoding="utf-8")
    return names


def keep_printed(study: str, text: str, root: Path) -> list[str]:
    """Keep what a benchmark printed on this machine as the one table of a study."""
    names = named(study, root)
    if len(names) != 1 or "|" not in text:
        what = "no table was printed" if len(names) == 1 else f"it has {len(names)}"
        raise DocsError(f"{study}: one file holds what a benchmark prints: {what}")
    folder = root / KEPT / study
    found = _as_json(_here(_command(study, root), root))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(text, encoding="utf-8")
    (folder / MEASURED).write_text(found, encoding="utf-8")
    return names


def named(study: str, root: Path) -> list[str]:
    """Return the files of a study that the docs show. Raises `DocsError` for none."""
    shown = sorted(name.partition("/")[::2] for name in used(root))
    names = [name for owner, name in shown if owner == study and name != MEASURED]
    if not names:
        studies = sorted({owner for owner, name in shown if name != MEASURED})
        raise DocsError(
            f"the docs show nothing of a study {study}; choose from "
            f"{', '.join(studies)}, or name a file of it in a region first"
        )
    return names


def _source(outputs: Path, name: str) -> Path:
    return outputs / ("charts" if name.endswith(PICTURE) else "tables") / name


def _command(study: str, root: Path) -> str:
    """Return the command that measures a study: as it was, or as it is for any."""
    if (root / KEPT / study / MEASURED).is_file():
        return str(measured(study, root)["command"])
    return f"make study={study}"


def _of_cells(outputs: Path, command: str) -> Measured:
    """Return where and when the cells of the matrix that is shown were measured."""
    try:
        [key] = [path.name for path in (outputs / SHOWN).iterdir()]
        cells = json.loads((outputs / "matrices" / key / "matrix.json").read_text())
        results = [outputs.parent / cell / "result.json" for cell in cells]
        found = [json.loads(path.read_text())["provenance"] for path in results]
    except (OSError, ValueError, KeyError) as error:
        raise DocsError(f"{outputs} has no results of a study: {error}") from None
    if len({_as_json(_machine(run)) for run in found}) != 1:
        raise DocsError(f"{outputs}: its cells are of several machines: measure again")
    last = max(found, key=lambda run: str(run["started"]))
    return {
        "command": command,
        **_machine(last),
        "day": last["started"][:10],
        "commit": last["commit"] and last["commit"][:9] + "-dirty" * last["dirty"],
    }


def _machine(run: dict[str, Any]) -> Measured:
    host = {name: run["host"][name] for name in ("cpus", "cpu_model", "kernel")}
    return {**host, "python": run["versions"]["python"]}


def _here(command: str, root: Path) -> Measured:
    """Return what `_of_cells` does, of this machine today."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next(line for line in lines if line.startswith("model name"))
    head = ["git", "describe", "--always", "--dirty", "--abbrev=9", "--exclude=*"]
    commit = subprocess.run(head, cwd=root, capture_output=True, text=True, check=False)
    return {
        "command": command,
        "cpus": os.cpu_count(),
        "cpu_model": model.partition(":")[2].strip(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "day": datetime.date.today().isoformat(),
        "commit": commit.stdout.strip() or None,
    }


def _as_json(found: Measured) -> str:
    return json.dumps(found, indent=2) + "\n"
