"""The sources of a submission: those of its files that Pygments knows as code.

Rules of this module:
- The plan lists the files that may count (`conf/course/submitted.py`), with the SHA-256
  that they had then. A file that is another one now makes its submission a changed one.
- Languages of texts, data and markup are no code (`NOT_CODE`).
- A file that is not UTF-8 counts: its other letters are in comments and strings, which
  do not count.
- Only regular files are opened.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pygments.lexers import find_lexer_class_by_name, find_lexer_class_for_filename
from pygments.util import ClassNotFound

# Names of lexers of Pygments.
NOT_CODE = frozenset(
    {
        *("Text only", "Markdown", "reStructuredText", "Org Mode", "TeX", "RTF"),
        *("HTML", "XML", "CSS", "JSON", "JSON5", "JSON-LD", "JSONBareObject"),
        *("YAML", "TOML", "INI", "Properties", "Desktop file", "Diff", "dotenv"),
        *("Gettext Catalog", "HTTP", "PEM", "ASCII armored", "Text output", "CSV"),
        *("Docker", "EditorConfig", "reg", "XSLT", "Debian Control file"),
    }
)
MOST = 512 * 1024  # characters of a submission
LONGEST = 1000  # characters of a line: longer ones are generated, or minified
INTERPRETER = re.compile(r"#!\s*(?:\S*/)?([^/\s]+)(?:[ \t]+([^-\s]\S*))?")
ALIASES = {"node": "javascript", "deno": "javascript", "bun": "javascript"}


@dataclass(frozen=True)
class Source:
    """A file of code; `lexer` is the name that Pygments knows its language by."""

    path: str
    text: str
    lexer: str


@dataclass
class Sources:
    """The sources of a submission, and its files that are left out, with reasons."""

    found: list[Source] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    changed: bool = False


def sources(listed: Mapping[str, Any], root: Path) -> Sources:
    """Return the sources among the files that the plan has listed."""
    read = Sources()
    for name, why in listed["left_out"].items():
        if _lexer(name, ""):
            read.left_out[name] = why
    for name, digest in listed["files"].items():
        content = _content(root / name)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            read.changed = True
        elif b"\0" not in content:  # else it is no text
            text = content.decode("utf-8-sig", errors="replace")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            if lexer := _lexer(name, text):
                _add(read, Source(name, text, lexer))
    return read


def _add(read: Sources, source: Source) -> None:
    size = sum(len(each.text) for each in read.found) + len(source.text)
    if size > MOST:
        read.left_out[source.path] = f"there are {MOST // 1024:,} KB before it"
    elif max(map(len, source.text.split("\n"))) > LONGEST:
        read.left_out[source.path] = f"it has a line of over {LONGEST:,} characters"
    else:
        read.found.append(source)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None
    except OSError:
        return None


def _lexer(path: str, text: str) -> str | None:
    """Return the language of a file, by its name or its first line; None if no code."""
    known = find_lexer_class_for_filename(Path(path).name)
    if known is None and (first := INTERPRETER.match(text)):
        program = first[2] if first[1] == "env" and first[2] else first[1]
        name = re.sub(r"[\d.]+$", "", program)
        try:
            known = find_lexer_class_by_name(ALIASES.get(name, name))
        except ClassNotFound:
            known = None
    if known is None or known.name in NOT_CODE or not known.aliases:
        return None
    return str(known.aliases[0])
