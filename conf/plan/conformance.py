"""Which servers of a matrix are tried for conformance to HTTP/1.1, and their files.

Rules of this module:
- A server is tried once for each page, whatever the cells and repeats that it is in. It
  is tried with the page without its cost, and with the settings of `server` that let it
  show most.
- The key of a trial is made of all that it depends on: the implementation, the page,
  where the server listens, its code, and that of the cases. A cell's key has none of
  this, so no cell is measured again because of a case.
- Servers of a page are tried. Attendance is no HTTP.
- `conformance=false` leaves it all out. An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conf.errors import MatrixError
from conf.schema import Config, Load, Network, Server
from contract.conformance import LIST, RESULT

NAME = "conformance"  # of the setting, and of the target
FREE = {"cpu_ms": None, "rounds": 0, "wait_ms": 0.0}  # a page without its cost
WHERE = ("host", "port", "start_s", "stop_s")  # of a cell's server


def split(requested: Mapping[str, Any]) -> tuple[Config, bool]:
    """Return what was asked for without this setting, and whether it is on."""
    rest = dict(requested)
    wanted = rest.pop(NAME, True)
    if not isinstance(wanted, bool):
        raise MatrixError(f"{NAME}={wanted}: it must be true or false")
    return rest, wanted


@dataclass(frozen=True)
class Trials:
    """The trials of a matrix: their configurations, and that of each cell, by name."""

    configs: Mapping[str, Config]
    of: Mapping[str, str]

    @classmethod
    def none(cls) -> Trials:
        return cls({}, {})

    @classmethod
    def plan(cls, cells: Mapping[str, Config], code: str) -> Trials:
        """Return the trials of these cells; `code` is the digest of the cases."""
        configs: dict[str, Config] = {}
        of: dict[str, str] = {}
        known: dict[str, str] = {}  # most cells differ in nothing that matters here
        for cell, config in cells.items():
            if config["app"]["code"] is not None:
                continue
            tried = _tried(config, code)
            text = json.dumps(tried, sort_keys=True, separators=(",", ":"))
            if text not in known:
                key = hashlib.sha256(text.encode()).hexdigest()[:8]
                known[text] = f"{config['impl']['name']}-{key}"
                configs[known[text]] = {**tried, "key": key}
            of[cell] = known[text]
        return cls(configs, of)

    def first_cell(self, name: str) -> str:
        """Return the first cell of the server of a trial."""
        return next(cell for cell, own in self.of.items() if own == name)


def result(name: str, outputs: Path) -> str:
    """Return the file with the result of a trial."""
    return f"{outputs}/{NAME}/{name}/{RESULT}"


def listed(folder: Path) -> dict[str, str]:
    """Return the list of results beside the list of a matrix's cells, if any."""
    try:
        content = json.loads((folder / LIST).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _tried(cell: Config, code: str) -> Config:
    """Return what is started for the trial of a cell's server."""
    kind = cell["network"]["kind"]
    where = {name: cell["server"][name] for name in WHERE}
    return {
        "impl": cell["impl"],
        "app": cell["app"],
        "page": {**cell["page"], **FREE},
        "network": asdict(Network(name=kind, kind=kind)),
        "server": {**asdict(Server()), "keep_alive": True, **where},
        "load": {"strict": Load().strict},
        # In the words of a cell's key, so that the same code can compare it.
        "code": {"server": cell["code"]["server"], "runner": code},
    }
