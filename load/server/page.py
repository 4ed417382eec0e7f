"""The page of a run, which the server has to answer with."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from contract.settings import PAGE_FILE
from load import ROOT
from load.errors import CellError


def expected(config: dict[str, Any], page_file: Path) -> Path | None:
    """Return the file that holds what the server has to answer with; None: anything."""
    body: str | None = config["impl"]["body"]
    if body is None:
        return None
    return page_file if body == PAGE_FILE else ROOT / body


def write_page(config: dict[str, Any], file: Path, environment: dict[str, str]) -> None:
    """Write the page of a cell into `file`, by its command in this environment.

    Raises `CellError` where that fails, as it does where this machine cannot make the
    page in the CPU time that is asked for.
    """
    page = config["page"]
    served = config["app"]["code"] is None  # attendance has no page, at no cost
    cpu_ms = page["cpu_ms"] if served else None
    own = {**page, "cpu_ms": cpu_ms or 0, "python": sys.executable}
    words = [word.format_map(own) for word in shlex.split(page["command"])]
    with file.open("wb") as made:
        try:
            done = subprocess.run(
                words,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=made,
                stderr=subprocess.PIPE,
                check=False,
            )
        except OSError as error:
            raise CellError(f"page.command: {words[0]}: {error.strerror}") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"exit status {done.returncode}"
        raise CellError(f"page.command has made no page: {why}")
