"""Archives of many machines in one folder: how one gets there, and what they show.

`RESULTS/<machine>/<archive>.zip` is an archive without tables, charts and report: they
are made anew. `<machine>` is a digest of its cores, its CPU model, its kernel and its
Python, and `<archive>` one of the file.

Rules of this module:
- An archive is opened, and so checked, before it is taken and before it is shown.
- Two archives are two machines. Where they are of machines that say the same of
  themselves, the second one gets a number behind its name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.archives import form
from analysis.archives.container import unpack
from analysis.archives.opening import NAME, named, opened, sha256
from analysis.archives.packing import ran_in, seal
from analysis.files import DataError, read_json
from analysis.rows.cells import Cell
from analysis.rows.machines import MACHINE
from analysis.rows.matrix import Matrix
from analysis.rows.settings import show
from analysis.tables import comparison
from analysis.tables.machines import MACHINE as KNOWN
from analysis.tables.machines import differing, machine
from analysis.temporary import temporary_folder

DIGITS = 8  # of a digest, in a name
HEADINGS = ("kernel", "CPU", "cores", "Python")  # of what is known of a machine


@dataclass(frozen=True)
class Collected:
    """An archive of a collection: what is known of its machine, and its cells."""

    machine: str
    known: dict[str, Any]
    day: str
    cells: list[Cell]


def collect(archive: Path, results: Path) -> Path:
    """Take an archive into the collection in `results`; return where it is.

    Raises `DataError`.
    """
    with opened(archive) as outputs:
        place = results / _fingerprint(_cells(outputs), archive)
    with temporary_folder() as both:
        folder, sealed = both / "all", both / "sealed.zip"
        folder.mkdir()
        with named(archive):
            unpack(archive, folder, form.SHOWN)
        for name in (form.CRATE, form.MANIFEST):  # those of all files
            (folder / name).unlink()
        contents = read_json(folder / form.CONTENTS)
        seal(folder, contents, ran_in(folder, contents["cells"]), sealed)
        taken = place / f"{sha256(sealed)[:DIGITS]}.zip"
        try:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(sealed, taken)
        except OSError as error:
            raise DataError(f"cannot write {taken}: {error.strerror}") from None
    return taken


def page(results: Path) -> str:
    """Return what the archives below `results` show, as Markdown.

    Raises `DataError`.
    """
    collected = list(_read(results))
    if not collected:
        raise DataError(
            f"{results} has no archives: python -m analysis collect FILE.zip {results} "
            "takes one"
        )
    cells = [cell for each in collected for cell in each.cells]
    lines = ["### Machines", "", *_machines(collected)]
    for name in dict.fromkeys(cell.experiment for cell in cells):
        own = [cell for cell in cells if cell.experiment == name]
        lines += ["", comparison.markdown(name, own).rstrip()]
    return "\n".join(lines) + "\n"


def _machines(collected: list[Collected]) -> Iterator[str]:
    yield f"| machine | {' | '.join(HEADINGS)} | cells | measured |"
    yield f"|---|{'---|' * (len(HEADINGS) + 2)}"
    for each in collected:
        known = [show(each.known[name]) for name in KNOWN]
        columns = [each.machine, *known, str(len(each.cells)), each.day]
        yield f"| {' | '.join(columns)} |"


def _read(results: Path) -> Iterator[Collected]:
    """Yield the archives of a collection, by their machines."""
    before: dict[str, int] = {}
    for path in sorted(results.glob("*/*.zip")):
        with opened(path) as outputs:
            cells = _cells(outputs)
            found = _fingerprint(cells, path)
            number = before[found] = before.get(found, 0) + 1
            label = found if number == 1 else f"{found}-{number}"
            days = [str(c.provenance.get("started") or "–")[:10] for c in cells]
            yield Collected(
                label,
                machine(cells[0]),
                max(days),
                [replace(c, config={MACHINE: label, **c.config}) for c in cells],
            )


def _cells(outputs: Path) -> list[Cell]:
    """Return the measured cells of an archive that was opened."""
    return list(Matrix.read(outputs / "matrices" / NAME / "matrix.json").cells)


def _fingerprint(cells: list[Cell], archive: Path) -> str:
    """Return the name of the machine of all these cells."""
    if not cells:
        raise DataError(f"{archive}: none of its cells was measured")
    if unlike := differing(cells):
        raise DataError(
            f"{archive}: its cells are of machines that differ in {', '.join(unlike)}: "
            "an archive of a collection is of one"
        )
    known = json.dumps(machine(cells[0]), sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()[:DIGITS]
