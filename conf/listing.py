"""`python -m conf.listing`: lists what can be chosen, with a sentence for each choice.

Rules of this module:
- The sentence is the first one of the comment that opens the file. A file without a
  comment has the first sentence of the docstring of its source.
- Nothing is composed. A malformed file is listed, too, and one with such a source.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path

from conf.compose.choices import FOLDER, GROUPS, TEMPLATE
from contract.output import say

ROOT = FOLDER.parent
LISTED = ("study", *GROUPS)
WIDTH = 100  # of a sentence
# A comment that Hydra reads.
DIRECTIVE = re.compile(r"# @package ")
SOURCE = re.compile(r"^sources: \[.*?(\w+/(?!__main__)\w+\.py)\]", re.MULTILINE)


def listed(group: str) -> list[Path]:
    """Return the files of a group, without the one to copy."""
    files = sorted((FOLDER / group).glob("*.yaml"))
    return [path for path in files if path.stem != TEMPLATE]


def sentence(path: Path, width: int | None = WIDTH) -> str:
    """Return a sentence about the choice in this file; '' if there is none.

    It is shortened to a width. None leaves it whole.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = _first(_comment(text) or _docstring(text))
    return whole if width is None else textwrap.shorten(whole, width, placeholder=" …")


def _comment(text: str) -> str:
    """Return the comment that opens a file, or the one behind its first line."""
    lines = [line for line in text.splitlines() if not DIRECTIVE.match(line)]
    block = []
    for line in lines:
        if not line.startswith("#"):
            break
        block.append(line.lstrip("# "))
    if not block and lines:
        block = [lines[0].partition(" # ")[2]]
    return " ".join(block)


def _docstring(text: str) -> str:
    """Return the docstring of the first source in the file of a server."""
    source = SOURCE.search(text)
    path = ROOT / source[1] if source else ROOT
    if not path.is_file():
        return ""
    try:
        return ast.get_docstring(ast.parse(path.read_bytes())) or ""
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ""  # it may be in the middle of an edit: the others are listed


def _first(text: str) -> str:
    """Return the first sentence, without the full stop."""
    words = " ".join(text.split())
    return re.split(r"(?<=[\w)])\.(?: |$)", words, maxsplit=1)[0]


def shown() -> str:
    """Return all groups, with their choices."""
    lines = []
    for group in LISTED:
        files = listed(group)
        width = max((len(path.stem) for path in files), default=0)
        lines += ["", f"{group}="]
        lines += [f"  {p.stem:{width}}  {sentence(p)}".rstrip() for p in files]
    return "\n".join([*lines, ""])


def main() -> None:
    try:
        say(shown())
    except OSError as error:
        sys.exit(f"firstfail: cannot write {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
