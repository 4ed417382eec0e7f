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
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conf.errors import MatrixError
from conf.schema import Config, Load, Network, Server
from contract.conformance import LIST, RESULT
from contract.settings import HOSTS

NAME = "conformance"  # of the setting, and of the target
FREE = {"cpu_ms": None, "rounds": 0, "wait_ms": 0.0}  # a page without its cost
SHARED = ("impl", "page", "network", "server")  # by which a trial differs
WHERE = ("host", "port", "start_s", "stop_s")  # of a cell's server


def split(requested: Mapping[str, Any]) -> tuple[Config, bool]:
    """Return what was asked for without this setting, and whether it is on."""
    rest = dict(requested)
    wanted = rest.pop(NAME, True)
    known = {"true": True, "false": False}
    if (is_on := known.get(str(wanted).lower())) is None:
        raise MatrixError(f"{NAME}={wanted}: it must be true or false")
    return rest, is_on


@dataclass(frozen=True)
class Trials:
    """The trials of a matrix: their configurations, and the name of each cell's.

    `record` is the file that stands for the record of a cell; None if no cell is to be
    measured.
    """

    configs: Mapping[str, Config]
    of: Mapping[str, str]
    outputs: Path
    record: str | None = None

    @property
    def folders(self) -> list[str]:
        return [f"{self.outputs}/{NAME}/{name}" for name in self.configs]

    @property
    def results(self) -> list[str]:
        """The files with their results."""
        return list(map(self._result, self.configs))

    @property
    def result_of_cells(self) -> dict[str, str]:
        """The result of each cell's server."""
        return {cell: self._result(name) for cell, name in self.of.items()}

    @property
    def starts(self) -> dict[str, Config]:
        """The files that missing trials start from, with their content."""
        missing = (n for n in self.configs if not Path(self._result(n)).exists())
        return {self.start(name): self.configs[name] for name in missing}

    def start(self, name: str) -> str:
        """Return the file that a trial starts from."""
        return f"{self.outputs}/configs/{NAME}/{name}.json"

    def before(self, name: str) -> list[str]:
        """Return the record that a missing trial waits for: one of its server's.

        So a server that cannot be started fails its cell, and nothing else.
        """
        if self.record is None or Path(self._result(name)).exists():
            return []
        return [f"{self._cell(name)}/{self.record}"]

    def options(self, name: str) -> str:
        """Return the options of a trial, ready for a shell."""
        words = ["--label", f"conformance of {self.configs[name]['impl']['name']}"]
        return shlex.join(
            words if self.record is None else [*words, "--measured", self._cell(name)]
        )

    def _cell(self, name: str) -> str:
        """Return the folder of the first cell of the server of a trial."""
        cell = next(cell for cell, own in self.of.items() if own == name)
        return f"{self.outputs}/runs/{cell}"

    def _result(self, name: str) -> str:
        return f"{self.outputs}/{NAME}/{name}/{RESULT}"


def trials(
    cells: Mapping[str, Config], code: str, outputs: Path, record: str | None
) -> Trials:
    """Return the trials of these cells; `code` is the digest of the cases.

    Raises `MatrixError` if there are none, and no cell is to be measured either.
    """
    configs: dict[str, Config] = {}
    of: dict[str, str] = {}
    known: dict[tuple[int, ...], str] = {}  # most cells share all that matters here
    for cell, config in cells.items():
        if config["app"]["code"] is not None:
            continue
        parts = tuple(id(config[part]) for part in SHARED)
        if parts not in known:
            tried = _tried(config, code)
            text = json.dumps(tried, sort_keys=True, separators=(",", ":"))
            key = hashlib.sha256(text.encode()).hexdigest()[:8]
            known[parts] = f"{config['impl']['name']}-{key}"
            configs[known[parts]] = {**tried, "key": key}
        of[cell] = known[parts]
    if record is None and not configs:
        raise MatrixError(
            f"there is no conformance to try: leave out {NAME}=false, and serve a page "
            "(app=page)"
        )
    return Trials(configs, of, outputs, record)


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
    if kind == HOSTS:  # what a server answers does not depend on where it runs
        kind = Network.kind
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
