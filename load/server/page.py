"""The page of a run: it is made by a command, and the server has to serve it."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from contract.settings import PAGE_FILE
from load import ROOT
from load.errors import CellError


def expected_body(config: dict[str, Any], page_file: Path) -> Path | None:
    """Return the file with the body of a right answer; None if any body is right."""
    body: str | None = config["impl"]["body"]
    if body is None:
        return None
    return page_file if body == PAGE_FILE else ROOT / body


def identity(body: Path | None) -> dict[str, Any] | None:
    """Return by what a page is known again; None if any body is right."""
    if body is None:
        return None
    content = body.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_page(config: dict[str, Any], file: Path, environment: dict[str, str]) -> None:
    """Run the command of a page in this environment, with `file` as its output.

    Raises `CellError` if it fails. It does so if this machine can't make the page in
    `page.cpu_ms`.
    """
    page = config["page"]
    served = config["app"]["code"] is None  # attendance has no page, at no cost
    cpu_ms = page["cpu_ms"] if served else None
    own = {**page, "cpu_ms": cpu_ms or 0, "python": sys.executable}
    words = [word.format_map(own) for word in shlex.split(page["command"])]
    with file.open("wb") as output:
        try:
            done = subprocess.run(
                words,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                check=False,
            )
        except OSError as error:
            raise CellError(f"page.command: {words[0]}: {error.strerror}") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"exit status {done.returncode}"
        raise CellError(f"page.command has made no page: {why}")
