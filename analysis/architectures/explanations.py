"""What an architecture is, as the docstring of its source says, or its translation.

A docstring has a title, then paragraphs that begin with the words of `PARTS`. Its
translation is in `languages/LANGUAGE.yaml`, with the digest of the docstring that it
was made of: a test finds one that no longer fits.

Rules of this module:
- A docstring counts only if it says how the server works. Others are not about an
  architecture.
- References to books and papers are not translated.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.architectures.excerpts import DIGITS, read
from analysis.files import read_yaml
from analysis.texts import ENGLISH, language

TRANSLATIONS = Path(__file__).with_name("languages")
TITLE, HOW, REFERENCE = "title", "how", "reference"
PARTS = {
    HOW: "How: ",
    "fits": "When it fits: ",
    "limits": "What limits it: ",
    REFERENCE: "Source: ",
}


def explanation(sources: Iterable[str], root: Path) -> dict[str, str]:
    """Return the title and the parts of the first source that has them; else nothing.

    `sources` are files below `root`.
    """
    for source in sources:
        text = docstring(root / source)
        parts = of_docstring(text)
        if HOW in parts:
            translated = translations(language()).get(digest(text), {})
            return parts | {k: v.strip() for k, v in translated.items() if k in parts}
    return {}


def docstring(path: Path) -> str:
    """Return the docstring of a module; nothing if it has none, or is not Python."""
    if path.suffix != ".py" or (text := read(path)) is None:
        return ""
    try:
        return ast.get_docstring(ast.parse(text)) or ""
    except (SyntaxError, ValueError, RecursionError):
        return ""


def of_docstring(text: str) -> dict[str, str]:
    """Return the title of a docstring, and its parts, each in one line."""
    title, *paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    parts = {TITLE: title}
    for paragraph in paragraphs:
        for name, begin in PARTS.items():
            if paragraph.startswith(begin):
                parts[name] = paragraph.removeprefix(begin)
    return parts


def digest(text: str) -> str:
    """Return what names a docstring in a translation."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@functools.cache
def translations(into: str) -> dict[str, dict[str, Any]]:
    """Return the translations into a language, by the digest of the docstring."""
    if into == ENGLISH:
        return {}
    entries = read_yaml(TRANSLATIONS / f"{into}.yaml")
    return {entry["of"]: entry for entry in entries.values()}
