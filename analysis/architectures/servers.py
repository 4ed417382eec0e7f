"""The code of the servers of a study, as plain data for a report.

`servers()` returns a mapping for each server, in the order of `configs`:

    name        of the implementation
    command     that starts it
    sources     where its source is: files and folders, as its configuration names them
    parts       {title, how, fits, limits, reference} of its explanation; may be empty
    excerpts    a list of {source, first, last, code, digest}
    drawing     {svg, alt, width, height}: in inches; None without facts
    shared      the sources with excerpts that it has in common with other servers

and `shared_excerpts()` the excerpts of those.

Rules of this module:
- A server is described once, however many cells it has.
- What is not there is empty. A server of somebody else's may have no source here, and
  no drawing. Its name, its command and where its source is are always told.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.architectures.drawing import describe, draw
from analysis.architectures.excerpts import excerpts, files, shared
from analysis.architectures.explanations import explanation
from analysis.architectures.facts import facts
from analysis.drawing.style import lettering, svg

Server = dict[str, Any]
MOST_FILES = 200  # of a server, that are searched


def servers(configs: Iterable[Mapping[str, Any]], root: Path) -> list[Server]:
    """Return what is known of the server of each implementation.

    `root` is the folder that the sources of a configuration are relative to.
    """
    impls: dict[str, Mapping[str, Any]] = {}
    for config in configs:
        impls.setdefault(str(config["impl"]["name"]), config["impl"])
    return [_server(impl, root) for impl in impls.values()]


def shared_excerpts(described: Iterable[Server], root: Path) -> list[dict[str, Any]]:
    """Return the excerpts that these servers have in common, each once."""
    names = dict.fromkeys(name for server in described for name in server["shared"])
    return [asdict(excerpt) for excerpt in excerpts(names, root)]


def _server(impl: Mapping[str, Any], root: Path) -> Server:
    ignored = tuple(impl.get("ignored") or ())
    found = files(impl["sources"], root, ignored)
    own = list(itertools.islice(found, MOST_FILES))
    common = shared([name for name in own if Path(name).stem != "__main__"], root)
    return {
        "name": str(impl["name"]),
        "command": str(impl.get("command") or ""),
        "sources": list(impl["sources"]),
        "parts": explanation(own, root),
        "excerpts": [asdict(excerpt) for excerpt in excerpts(own, root)],
        "shared": common,
        "drawing": _drawing(impl),
    }


def _drawing(impl: Mapping[str, Any]) -> dict[str, Any] | None:
    known = facts(impl)
    if known is None:
        return None
    with lettering():
        picture = draw(known)
        width, height = picture.get_size_inches()
        size = {"width": float(width), "height": float(height)}
        return {"svg": svg(picture), "alt": describe(known), **size}
