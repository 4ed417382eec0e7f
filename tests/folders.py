"""The folders of a part, each of which says what others it may import.

Rules of this module:
- A folder's `__init__.py` ends with a line `May import: ...`: folders, or `no other
  folder`. An import of another folder is wrong, and so is a line that names too much.
- What lies beside the folders puts them together, and no folder imports it, but for
  the modules in `shared`, which import none of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAY = "May import: "
NONE = "no other folder"


@dataclass(frozen=True)
class Part:
    """A part of the project: its folder, and the modules that all in it may import."""

    root: Path
    shared: frozenset[str]

    @property
    def folders(self) -> list[str]:
        return sorted(path.parent.name for path in self.root.glob("*/__init__.py"))

    @property
    def paths(self) -> list[str]:
        """The modules, as paths below the part's folder."""
        return sorted(
            p.relative_to(self.root).as_posix() for p in self.root.rglob("*.py")
        )

    def modules(self, folder: str) -> list[Path]:
        """Return the modules that lie in a folder, but for those that every one has."""
        return [p for p in (self.root / folder).glob("*.py") if p.stem[:2] != "__"]

    def allowed(self, folder: str) -> frozenset[str]:
        """Return the folders that one may import, as its head says."""
        head = ast.get_docstring(
            ast.parse((self.root / folder / "__init__.py").read_text())
        )
        [line] = [line for line in (head or "").splitlines() if line.startswith(MAY)]
        names = line.removeprefix(MAY).removesuffix(".")
        return frozenset() if names == NONE else frozenset(names.split(", "))

    def imported(self, code: str) -> Iterator[str]:
        """Yield what code imports of the part: a folder, or a module beside them."""
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, "imports name the whole path"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for first, *inner in (name.split(".") for name in names):
                if first == self.root.name and inner:
                    yield inner[0]

    def wrong(self, path: str, code: str) -> set[str]:
        """Return what the module at `path` imports, and may not."""
        place, _, _ = path.rpartition("/")
        if place:
            return {*self.imported(code)} - self.allowed(place) - self.shared - {place}
        beside = Path(path).stem in self.shared
        return {*self.imported(code)} - self.shared if beside else set()

    def order(self) -> list[str]:
        """Return the folders, each after those that it may import."""
        order: list[str] = []
        while rest := [folder for folder in self.folders if folder not in order]:
            ready = [folder for folder in rest if self.allowed(folder) <= {*order}]
            assert ready, f"{', '.join(rest)} import each other"
            order += ready
        return order
