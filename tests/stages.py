"""The folders of a part as its stages: what each may import, and what it does.

The docstring of a folder's `__init__.py` has a line that says which others it may
import. A module of a stage imports nothing else of its part.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAY = "May import: "
NONE = "no other folder"


def imported(code: str) -> Iterator[str]:
    """Yield the dotted names of all that code imports, wherever it does."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import names the whole path"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@dataclass(frozen=True)
class Part:
    """The package in the folder `root`.

    Modules beside its stages put these together, and no stage imports them, but for
    the `shared` ones.
    """

    root: Path
    shared: frozenset[str] = frozenset()

    @functools.cached_property
    def stages(self) -> list[str]:
        return sorted(path.parent.name for path in self.root.glob("*/__init__.py"))

    @functools.cached_property
    def modules(self) -> list[str]:
        """The paths of all modules, within the part."""
        paths = self.root.rglob("*.py")
        return sorted(path.relative_to(self.root).as_posix() for path in paths)

    def length(self, folder: str) -> int:
        """Return how many modules a folder has, without the package's own."""
        return sum(1 for _ in (self.root / folder).glob("[!_]*.py"))

    def allowed(self, stage: str) -> frozenset[str]:
        """Return the stages that one may import, as it says."""
        code = (self.root / stage / "__init__.py").read_text()
        text = ast.get_docstring(ast.parse(code)) or ""
        [paragraph] = [part for part in text.split("\n\n") if part.startswith(MAY)]
        names = " ".join(paragraph.split()).removeprefix(MAY).removesuffix(".")
        return frozenset() if names == NONE else frozenset(names.split(", "))

    def imported(self, code: str) -> Iterator[str]:
        """Yield what code imports of the part: a stage, or a module beside them."""
        for first, *inner in (name.split(".") for name in imported(code)):
            if first == self.root.name and inner:
                yield inner[0]

    def wrong(self, path: str, code: str) -> set[str]:
        """Return what the module at `path` imports, and may not."""
        stage, _, _ = path.rpartition("/")
        if stage:
            return {*self.imported(code)} - self.allowed(stage) - self.shared - {stage}
        if Path(path).stem in self.shared:
            return {*self.imported(code)} - self.shared
        return set()

    def unused(self, stage: str) -> set[str]:
        """Return the stages that one may import, and does not."""
        modules = (path.read_text() for path in (self.root / stage).glob("*.py"))
        used = {name for code in modules for name in self.imported(code)}
        return {*self.allowed(stage)} - used

    def in_a_circle(self) -> list[str]:
        """Return the stages that are reached from themselves."""
        rest = self.stages
        while ready := [s for s in rest if not self.allowed(s).intersection(rest)]:
            rest = [stage for stage in rest if stage not in ready]
        return rest
