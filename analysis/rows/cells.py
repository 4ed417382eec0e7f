"""Measured cells, as all tables and charts have them.

Rules of this module:
- A cell is its configuration and its `result.json`: no record is read again.
- A cell that was not measured has no figures: see `unmeasured.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.files import DataError
from analysis.limits import is_known
from analysis.record.config import read_config
from analysis.record.definitions import ROW

MOST = 1e15  # no figure of a cell is as large


@dataclass(frozen=True)
class Conformance:
    """How many of `of` cases of HTTP/1.1 a server has passed, and those it has failed.

    A case has the fields of `contract/conformance.py`.
    """

    passed: int
    of: int
    failed: tuple[dict[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.passed} of {self.of}"


@dataclass(frozen=True)
class Cell:
    """A measured cell: its configuration, and the content of its `result.json`."""

    folder: Path
    config: dict[str, Any]
    result: dict[str, Any]
    ceiling_rps: float | None = None  # the generator's capacity, where it was measured
    conformance: Conformance | None = None  # of its server, where it was tried

    @property
    def experiment(self) -> str:
        return str(self.config["experiment"]["name"])

    @property
    def stop(self) -> str:
        return str(self.config["experiment"]["stop"])

    @property
    def impl(self) -> str:
        return str(self.config["impl"]["name"])

    @property
    def provenance(self) -> dict[str, Any]:
        return dict(self.result["provenance"] or {})

    @property
    def limit(self) -> str:
        """Its limit: a key of `limits.LIMITS`, or two of them."""
        return str(self.result["verdict"]["limit"])

    @property
    def idle_opened(self) -> int:
        """How many idle connections were open when the load began."""
        return int((self.result.get("idle") or {}).get("opened", 0))

    @property
    def idle_open(self) -> int:
        """How many of these stayed open to the end."""
        return int((self.result.get("idle") or {}).get("open_at_end", 0))

    @property
    def waiting(self) -> dict[str, Any] | None:
        """What its users waited for (`waiting.py`); None if they did not wait."""
        return self.result.get("waiting")

    @property
    def possible(self) -> dict[str, Any]:
        """The figures of a server that answers at once; empty if not known."""
        return dict(self.result.get("possible") or {})

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.result["row"])

    def number(self, figure: str) -> float | None:
        """Return a figure of its row; None if it is not known. Raises `DataError`."""
        value: Any = self.row[figure]
        if value is None:
            return None
        if type(value) not in (int, float) or not 0 <= value < MOST:
            raise DataError(
                f"{self.folder / 'result.json'}: row.{figure}={value} is not a figure: "
                f"python -m analysis cell {self.folder} writes it anew"
            )
        return float(value)

    @classmethod
    def of(cls, folder: Path, result: Any) -> Cell:
        """Return the cell in `folder` with this result; raise `DataError` if old."""
        if not _is_result(result):
            raise DataError(
                f"{folder / 'result.json'} is not the result of a cell, or an older "
                f"one: python -m analysis cell {folder} writes it"
            )
        return cls(folder, read_config(folder), result)


def _is_result(result: Any) -> bool:
    try:
        return (
            set(result["row"]) >= ROW
            and set(result["verdict"]) == {"limit", "because"}
            and is_known(result["verdict"]["limit"])
            and "reason" in result["stopped"]
            and isinstance(result["provenance"], dict | None)
            and "server" in (result.get("evidence") or {"server": {}})
        )
    except (KeyError, TypeError):
        return False
