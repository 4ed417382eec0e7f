"""The description of an archive for machines: `ro-crate-metadata.json`.

It is an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate
0.5 (https://w3id.org/ro/wfrun/process/0.5): each cell is an action, in which a server
was the instrument, its configuration the object, and its record the result.

Rules of this module:
- It says what the records say. What they do not say is left out.
- The day of an archive is that on which its last cell ended: it is made of records, and
  may be made again at any time.
"""

from __future__ import annotations

import datetime
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from analysis.archives.form import CONTENTS, CRATE, LICENSE, PACKED
from contract import record
from contract.conformance import RESULT

Entity = dict[str, Any]
SAFE = "#/~+,'()&@:."  # what a URL has unchanged

CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
ABOUT = {
    "firstfail": "Compares web servers under load.",
    "locust": "The load generator.",
    "python": "Runs firstfail, Locust, and the servers that are written in Python.",
}
PAGES = {"locust": "https://locust.io", "python": "https://www.python.org"}
TYPES = {
    **{".md": "text/markdown", ".yaml": "application/yaml", ".cff": "application/yaml"},
    **{".json": "application/json", ".csv": "text/csv", PACKED: "application/gzip"},
    **{"": "text/plain", ".txt": "text/plain", ".html": "text/html"},
}
SAID = {
    record.CONFIG: "The settings of the cell.",
    record.RUN: "How the run ended, and where and with what it was measured.",
    "result.json": "The figures, the verdict and its evidence.",
    record.REQUESTS + PACKED: "A row for each finished request.",
    record.TELEMETRY: "Readings of the server, the network and the load generator.",
    record.UNFINISHED: "The requests in flight when the run ended.",
    record.GENERATOR: "How late the load generator was.",
    RESULT: "How servers conform to HTTP/1.1: the cases of one, or where they are.",
    CONTENTS: "The versions of this form and of firstfail, and the cells.",
}


@dataclass(frozen=True)
class Packed:
    """A file of an archive."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Ran:
    """A cell: its folder in the archive, its configuration, and its `run.json`."""

    folder: str
    label: str
    config: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def provenance(self) -> Mapping[str, Any]:
        return self.run.get("provenance") or {}

    @property
    def began(self) -> datetime.datetime | None:
        try:
            return datetime.datetime.fromisoformat(str(self.provenance["started"]))
        except (KeyError, ValueError):
            return None

    @property
    def ended(self) -> datetime.datetime | None:
        seconds = (self.run.get("stopped") or {}).get("at_s")
        if self.began is None or seconds is None:
            return None
        return self.began + datetime.timedelta(seconds=round(float(seconds)))


def last_day(cells: Iterable[Ran]) -> str:
    """Return the day on which the last cell ended."""
    ends = [end for cell in cells if (end := cell.ended or cell.began)]
    return max(ends).date().isoformat() if ends else "1970-01-01"


def described(
    title: str, version: str, cells: Sequence[Ran], files: Sequence[Packed]
) -> Entity:
    """Return the content of `ro-crate-metadata.json`; `version` is firstfail's."""
    software = {
        each["@id"]: each for cell in cells for each in _software(cell, version)
    }
    inside: dict[str, list[str]] = {cell.folder: [] for cell in cells}
    for file in files:
        inside.get(file.name.rpartition("/")[0], []).append(file.name)
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "about": _to("./"),
            "conformsTo": _to(SPECIFICATION),
        },
        _root(title, cells, files),
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate"}
        | {"version": "0.5"},
        *_license(files),
        *(_file(file) for file in files if file.name != LICENSE),
        *software.values(),
        *(_action(cell, inside[cell.folder]) for cell in cells),
    ]
    return {"@context": CONTEXT, "@graph": graph}


def _root(title: str, cells: Sequence[Ran], files: Sequence[Packed]) -> Entity:
    licensed = any(file.name == LICENSE for file in files)
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": f"{len(cells)} measured cells of firstfail, which compares web "
        "servers under load: records, results, tables, charts and a report.",
        "datePublished": last_day(cells),
        "conformsTo": _to(PROFILE),
        **({"license": _to(LICENSE)} if licensed else {}),
        "hasPart": [_to(file.name) for file in files],
        "mentions": [_to(_name(cell)) for cell in cells],
    }


def _license(files: Sequence[Packed]) -> Iterator[Entity]:
    for file in files:
        if file.name == LICENSE:
            about = "The license of the project that measured these results."
            kind = ["File", "CreativeWork"]
            yield _file(file) | {"@type": kind, "description": about}


def _file(file: Packed) -> Entity:
    last = file.name.rpartition("/")[2]
    suffix = f".{last.rpartition('.')[2]}" if "." in last else ""
    kind = TYPES.get(suffix) or mimetypes.guess_type(last)[0] or "text/plain"
    return {
        **_to(file.name),
        "@type": "File",
        "name": last,
        **({"description": SAID[last]} if last in SAID else {}),
        "contentSize": str(file.size),
        "encodingFormat": kind,
        "sha256": file.sha256,
    }


def _software(cell: Ran, version: str) -> Iterator[Entity]:
    """Yield the server of a cell, and the software that it was measured with."""
    known = cell.provenance.get("versions") or {}
    commit = cell.provenance.get("commit")
    versions = {
        "firstfail": commit and f"{version}+{commit[:12]}",
        "locust": known.get("locust"),
        "python": known.get("python"),
    }
    needed = {name: v for name, v in versions.items() if v}
    for name, number in needed.items():
        yield {
            "@id": f"#{name}-{number}",
            "@type": "SoftwareApplication",
            "name": name,
            "description": ABOUT[name],
            "softwareVersion": number,
            **({"url": PAGES[name]} if name in PAGES else {}),
        }
    yield {
        "@id": _server(cell),
        "@type": "SoftwareApplication",
        "name": cell.config["impl"]["name"],
        "description": "The server that was measured. Its version is the digest of "
        "its code.",
        "softwareVersion": cell.config["code"]["server"],
        "softwareRequirements": [_to(f"#{n}-{number}") for n, number in needed.items()],
    }


def _action(cell: Ran, own: Sequence[str]) -> Entity:
    """Return what was done for a cell that has these files."""
    given = f"{cell.folder}/{record.CONFIG}"
    unmeasured = cell.run.get("not_measured")
    state = "FailedActionStatus" if unmeasured else "CompletedActionStatus"
    return {
        "@id": _name(cell),
        "@type": "CreateAction",
        "name": cell.label,
        "description": _machine(cell),
        "instrument": _to(_server(cell)),
        "object": _to(given),
        "result": [_to(name) for name in own if name != given],
        **({"startTime": cell.began.isoformat()} if cell.began else {}),
        **({"endTime": cell.ended.isoformat()} if cell.ended else {}),
        "actionStatus": f"http://schema.org/{state}",
        **({"error": str(unmeasured["because"])} if unmeasured else {}),
    }


def _machine(cell: Ran) -> str:
    host = cell.provenance.get("host") or {}
    if not host:
        return "A run of a server under load."
    return (
        f"A run of a server under load, on {host.get('cpus')} cores of "
        f"{host.get('cpu_model')}, {host.get('kernel')}."
    )


def _name(cell: Ran) -> str:
    return f"#run-{cell.config['key']}"


def _server(cell: Ran) -> str:
    """Return the name of a server, which has nothing that a URL has not."""
    return f"#server-{cell.config['code']['server']}"


def _to(name: str) -> dict[str, str]:
    """Return a reference; a name of a file may have what a URL has not."""
    return {"@id": name if "://" in name else quote(name, safe=SAFE)}
