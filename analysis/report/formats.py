"""The formats of a report: by its suffix a file gets what writes it.

Rules of this module:
- All formats are made of one content (`content.py`), in one language.
- A format is imported if it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.files import DataError
from analysis.regressions.compare import Comparison
from analysis.report.content import content
from analysis.texts import ENGLISH, languages, speaking

# Modules of `analysis`, with `write(content, path)`.
MODULES = {".html": "report.html", ".pdf": "pdf.pdf"}


def write(
    folder: Path,
    files: Sequence[Path],
    settings: Mapping[str, Any],
    compared: Comparison | None = None,
) -> None:
    """Write the report of the matrix in `folder` into files of any of the formats.

    `settings` are those of `conf/schema.py` (`Report`), and `compared` is how the
    matrix compares with other results. Raises `DataError`.
    """
    language = settings.get("language", ENGLISH)
    if language not in languages():
        known = ", ".join(languages())
        raise DataError(f"report.language={language}: choose from {known}")
    for path in files:
        if path.suffix not in MODULES:
            raise DataError(f"{path}: a report is a file with {', '.join(MODULES)}")
    with speaking(language):
        said = content(folder, settings, compared)
        for path in files:
            module = importlib.import_module(f"analysis.{MODULES[path.suffix]}")
            module.write(said, path)
