"""The lines of a source that make a server what it is, found by markers.

A marker is a comment of one or more lines, in any language, that begins with
`Essential: `. The excerpt ends before a comment `End of the essential lines.`

Rules of this module:
- An excerpt is what the source has now. It has the SHA-256 of the file, so that one can
  tell whether it is still what was measured.
- What cannot be read as text has no excerpts. A server of somebody else's may have any
  source.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "Essential: ", "End of the essential lines."
COMMENT = re.compile(r"^\s*(?://|/\*|#|--|;|%)\s*")
LONGEST = 40  # lines, where the end has no marker
DIGITS = 12  # of a digest, as in a cell's configuration
LARGEST = 1_000_000  # bytes of a file that may be a source
IMPORT = re.compile(r"^from (\w+(?:\.\w+)*) import ", re.MULTILINE)  # not `from .`


@dataclass(frozen=True)
class Excerpt:
    """Lines of a source: where they are, and what they are."""

    source: str  # relative to the project
    first: int  # the number of the first line
    last: int
    code: str
    digest: str  # of the whole file


def excerpts(sources: Iterable[str], root: Path) -> list[Excerpt]:
    """Return the excerpts of all `sources`, which are relative to `root`."""
    return [one for source in sources for one in _excerpts(source, root)]


def files(
    sources: Iterable[str], root: Path, ignored: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the files that `sources` names, each once, those of folders sorted."""
    seen = set()
    for source in sources:
        top = root / source
        inside = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in inside:
            name = path.relative_to(root).as_posix()
            parts = path.relative_to(top).parts
            left = any(fnmatch.fnmatch(part, p) for part in parts for p in ignored)
            if name not in seen and path.is_file() and not left:
                seen.add(name)
                yield name


def shared(sources: Iterable[str], root: Path) -> list[str]:
    """Return the sources with excerpts that `sources` import by name, in other folders.

    They are below the folders of `sources`. What they import counts as well.
    """
    found: dict[str, None] = {}
    for source in sources:
        new = [source]
        while new:
            text = read(root / new.pop()) or ""
            for module in IMPORT.findall(text):
                name = Path(*module.split(".")).with_suffix(".py")
                path = name.as_posix()
                is_below = Path(source).parent in name.parent.parents
                if is_below and path not in found and excerpts([path], root):
                    found[path] = None
                    new.append(path)
    return list(found)


def read(path: Path) -> str | None:
    """Return the text of a source; None if it is none."""
    try:
        return path.read_text("utf-8") if path.stat().st_size <= LARGEST else None
    except (OSError, ValueError):
        return None


def _excerpts(source: str, root: Path) -> Iterator[Excerpt]:
    text = read(root / source)
    if text is None or BEGIN not in text:
        return
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    lines = text.splitlines()
    for first, line in enumerate(lines):
        if not _comment(line).startswith(BEGIN):
            continue
        length = next(
            (n for n, end in enumerate(lines[first:]) if _comment(end).startswith(END)),
            LONGEST,
        )
        part = lines[first : first + length]
        while part and not part[-1].strip():
            part.pop()
        code = textwrap.dedent("\n".join(part)).expandtabs(4)
        yield Excerpt(source, first + 1, first + len(part), code, digest)


def _comment(line: str) -> str:
    """Return what a line says if it is a comment."""
    return line[begin.end() :] if (begin := COMMENT.match(line)) else ""
