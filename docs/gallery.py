"""The pictures of `docs/gallery.md`, drawn anew from records that are kept beside them.

`docs/gallery/STUDY.tar.xz` holds the records of a small study: a folder for each cell,
and their order in `matrix.json`. The page shows `gallery/STUDY/NAME.png`, where NAME is
a chart of the study, or one of its cells.

Rules of this module:
- The page says which pictures there are. Those that it does not show are removed.
- Analysis is used by its command line, as a user does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docs.kept import PICTURE, ROOT, DocsError

PAGE, FOLDER, RECORDS = "docs/gallery.md", "docs/gallery", ".tar.xz"
MATRIX = "matrix.json"
_IMAGE = re.compile(rf"\(gallery/(?P<study>[\w-]+)/(?P<name>[\w-]+){PICTURE}\)")


def shown(root: Path) -> dict[str, list[str]]:
    """Return the names of the pictures that the page shows, by their study."""
    names: dict[str, list[str]] = {}
    for image in _IMAGE.finditer((root / PAGE).read_text(encoding="utf-8")):
        names.setdefault(image["study"], []).append(image["name"])
    return names


def draw(root: Path) -> Iterator[str]:
    """Draw all pictures of the page; yield the name of each study that is done."""
    wanted = shown(root)
    for study, names in wanted.items():
        with tempfile.TemporaryDirectory() as made:
            _analyse(root / FOLDER / f"{study}{RECORDS}", Path(made))
            sources = [_source(Path(made), name) for name in names]
            shutil.rmtree(root / FOLDER / study, ignore_errors=True)
            (root / FOLDER / study).mkdir()
            for name, source in zip(names, sources, strict=True):
                shutil.copyfile(source, root / FOLDER / study / f"{name}{PICTURE}")
        yield study
    for folder in (path for path in (root / FOLDER).iterdir() if path.is_dir()):
        if folder.name not in wanted:
            shutil.rmtree(folder)


def _analyse(records: Path, folder: Path) -> None:
    """Make results and charts of kept records in a folder."""
    try:
        with tarfile.open(records) as packed:
            packed.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise DocsError(f"{records} holds no records: {error}") from None
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "matrix", MATRIX],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise DocsError(f"{records}: {said[-1] if said else 'analysis has failed'}")


def _source(folder: Path, name: str) -> Path:
    """Return the picture of this name: a chart of the study, or of a cell."""
    chart, cell = folder / "charts" / f"{name}{PICTURE}", folder / name / "chart.png"
    found = next((path for path in (chart, cell) if path.is_file()), None)
    if found is None:
        charts = sorted(path.stem for path in chart.parent.glob(f"*{PICTURE}"))
        raise DocsError(
            f"{PAGE}: there is no chart and no cell {name}: there are "
            f"{', '.join(charts)}"
        )
    return found
