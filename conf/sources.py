"""What code a cell measures, as a digest that goes into the cell's key.

Rules of this module:
- A Python file stands for itself and for what it imports of this project, at
  any depth; a folder for every file below it; any other file for itself.
- A data file beside an imported Python module of a package counts with it: a
  page's template is as much the server as its code.
- Contents count, times do not: a file that was only touched has its digest.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from conf.schema import SettingError


def digest(sources: Iterable[str], root: Path) -> str:
    """Return 12 hex digits of the SHA-256 of all that `sources` stand for.

    `sources` are paths of files and folders relative to `root`, the folder that
    imports are resolved in. Raises `SettingError` for one that does not exist.
    """
    reached: set[Path] = set()
    for source in sources:
        path = root / source
        if path.is_dir():
            reached.update(_files_below(path))
        elif path.is_file():
            _reach(path, root, reached)
        else:
            raise SettingError(f"impl.sources: there is no file or folder {source}")
    total = hashlib.sha256()
    for path in sorted(reached):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root)} {content}\n".encode())
    return total.hexdigest()[:12]


def _files_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _reach(path: Path, root: Path, reached: set[Path]) -> None:
    """Add `path` to `reached`, and what it imports, and the data beside it."""
    if path in reached:
        return
    reached.add(path)
    if path.suffix != ".py":
        return
    if (path.parent / "__init__.py").is_file():
        beside = (p for p in path.parent.iterdir() if p.is_file())
        reached.update(p for p in beside if p.suffix not in {".py", ".pyc"})
    for module in _imports(path, root):
        for candidate in (module.with_suffix(".py"), module / "__init__.py"):
            if candidate.is_file():
                _reach(candidate, root, reached)


def _imports(path: Path, root: Path) -> Iterator[Path]:
    """Paths, without a suffix, of all modules that `path` may import from `root`.

    A name after `from package import` may be a module or not; both are given.
    The packages that a module lies in are imported with it.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        where = f"{path.relative_to(root)}, line {error.lineno}"
        raise SettingError(f"{where}: {error.msg}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(root, alias.name)
        elif isinstance(node, ast.ImportFrom):
            # Level 1 is the folder of the file, each further level one above it.
            base = path.parents[node.level - 1] if node.level else root
            yield from _with_packages(base, node.module or "")
            inside = base.joinpath(*(node.module or "").split("."))
            yield from (inside / alias.name for alias in node.names)


def _with_packages(base: Path, dotted: str) -> Iterator[Path]:
    place = base
    for name in filter(None, dotted.split(".")):
        place = place / name
        yield place
