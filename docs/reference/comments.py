"""What comments and docstrings in source say of the names beside them.

Rules of this module:
- A comment belongs to the name that is defined on its line, or right below it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from docs.kept import DocsError

VALUE = re.compile(r"\b(null|auto|false|true|netns|loopback|0)(?=:|, in)")  # explained


class Source:
    """A file of source, whose comments are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = path.read_text(encoding="utf-8")
        self.lines = text.splitlines()
        self.tree = ast.parse(text)

    def docstring(self, name: str | None = None) -> str:
        """Return the docstring of a class, or of the whole file."""
        return ast.get_docstring(self._class(name) if name else self.tree) or ""

    def fields(self, name: str) -> dict[str, str]:
        """Return the comment of each field of a class."""
        return self._comments(self._class(name).body, above=True)

    def constants(self) -> dict[str, str]:
        """Return the comment behind each value that the file defines."""
        return self._comments(self.tree.body, above=False)

    def _class(self, name: str) -> ast.ClassDef:
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
        raise DocsError(f"{self.path}: there is no class {name}")

    def _comments(self, body: Iterable[ast.stmt], above: bool) -> dict[str, str]:
        found = {}
        for node in body:
            if isinstance(node, ast.Assign):
                target: ast.expr = node.targets[0]
            elif isinstance(node, ast.AnnAssign):
                target = node.target
            else:
                continue
            if isinstance(target, ast.Name):
                words = self._above(node.lineno) if above else []
                found[target.id] = " ".join([*words, self._behind(node)]).strip()
        return found

    def _above(self, line: int) -> list[str]:
        words: list[str] = []
        for text in reversed(self.lines[: line - 1]):
            if not text.strip().startswith("#"):
                break
            words.insert(0, text.strip().lstrip("# "))
        return words

    def _behind(self, node: ast.stmt) -> str:
        assert node.end_lineno is not None
        # An offset counts bytes.
        line = self.lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
        return line.partition("#")[2].strip()


def sentence(text: str) -> str:
    """Return a comment as a sentence, with the values that it explains as code."""
    if not text:
        return ""
    marked = VALUE.sub(r"`\1`", text)
    return f"{marked[0].upper()}{marked[1:]}".rstrip(".;") + "."
