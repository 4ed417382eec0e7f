"""Cells that could not be measured: the reason that is shown instead of figures.

Rules of this module:
- An unmeasured cell has a result without figures. It is in the ranking and below the
  tables, and in no chart and no statistic.
- It has the same files as any cell, so that they are made once and not again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.files import DataError
from analysis.rows.settings import show

KINDS = {
    "no-start": "does not start",
    "no-answer": "does not answer",
    "wrong-page": "wrong page",
    "crashed": "crashed at once",
}


@dataclass(frozen=True)
class Unmeasured:
    """A cell that was not measured; `kind` and `because` give the reason."""

    config: dict[str, Any]
    kind: str
    because: str

    @classmethod
    def of(cls, config: dict[str, Any], reason: Any, path: Path) -> Unmeasured:
        """Return the cell of `config`; its `reason` is from the file at `path`.

        Raises `DataError` where the reason is of another form.
        """
        try:
            kind, because = reason["kind"], str(reason["because"])
        except (KeyError, TypeError):
            kind = because = ""
        if kind not in KINDS:
            raise DataError(
                f"{path}: not_measured must have because, and kind: one of "
                f"{', '.join(KINDS)}"
            )
        return cls(config, kind, because)

    @property
    def experiment(self) -> str:
        return str(self.config["experiment"]["name"])

    @property
    def impl(self) -> str:
        return str(self.config["impl"]["name"])

    @property
    def why(self) -> str:
        return f"{KINDS[self.kind]}: {self.because}"


def footnote(cells: Sequence[Unmeasured]) -> Iterable[str]:
    """Yield the lines below a table that name the unmeasured cells, with reasons."""
    if cells:
        yield "Not measured:\n"
        for cell in cells:
            yield f"- {show(cell.impl)}: {show(cell.why)}"
        yield ""
