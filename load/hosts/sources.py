"""What `conf/plan/sources.py` knows of the code of a cell, on any host.

It is asked by its command line, since no other part is imported here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from load import ROOT

ASKED = ("-E", "-s", "-m", "conf.plan.sources")


def asked(
    config: dict[str, Any], folder: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    """Ask about the cell of `config`, which is put into `folder` for it."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return subprocess.run(
        [sys.executable, *ASKED, *words, str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
