"""What code a cell measures, as a digest that goes into the cell's key.

Rules of this module:
- A Python file stands for itself and for what it imports of this project, at
  any depth; a folder for every file below it; any other file for itself.
- A data file beside an imported Python module of a package counts with it: a
  page's template is as much the server as its code.
- Contents count, times do not: a file that was only touched has its digest. So do who
  may execute a file and where a link leads: either decides what is run.
- What is no file, as a FIFO, is not opened: that might wait for ever.
- `python -m conf.sources RUNNER… FOLDER` says whether the code is still that of the
  cell in FOLDER: a matrix is expanded at once, and its cells may be measured for hours.
- What cannot be read raises `SettingError` with one line that names it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from conf.schema import PAGE_FILE, Config, SettingError

EXECUTABLE = 0o111  # by its owner, its group, others


def digest(sources: Iterable[str], root: Path) -> str:
    """Return 12 hex digits of the SHA-256 of all that `sources` stand for.

    `sources` are paths of files and folders relative to `root`, the folder that
    imports are resolved in. Raises `SettingError`.
    """
    reached: set[Path] = set()
    total = hashlib.sha256()
    try:
        for source in sources:
            path = root / source
            if path.is_dir():
                reached.update(_files_below(path))
            elif path.is_file():
                _reach(path, root, reached)
            else:
                raise SettingError(f"there is no file or folder {source}")
        for path in sorted(reached):
            total.update(_line(path, root))
    except OSError as error:
        name = _shown(Path(error.filename), root) if error.filename else "a source"
        raise SettingError(
            f"{name} cannot be read: {error.strerror}; let it be read, or remove it"
        ) from None
    return total.hexdigest()[:12]


def sources_of(cell: Config) -> tuple[str, ...]:
    """Return what the server of a cell is made of, with what it answers with."""
    impl = cell["impl"]
    if impl["body"] == PAGE_FILE:
        return (*impl["sources"], *cell["page"]["sources"])
    return (*impl["sources"], *([impl["body"]] if impl["body"] else []))


def changed(cell: Config, runner: Iterable[str], root: Path) -> str | None:
    """Return what is no longer the code that the cell's key is of, if anything."""
    code = cell["code"]
    if digest(sources_of(cell), root) != code["server"]:
        return f"the code of {cell['impl']['name']}"
    return None if digest(runner, root) == code["runner"] else "the code that measures"


def _line(path: Path, root: Path) -> bytes:
    """Return what of a file counts: its name, content, mode, and target if a link."""
    words = [os.fsencode(_shown(path, root))]
    mode = path.stat().st_mode if path.exists() else 0  # a link may lead nowhere
    if stat.S_ISREG(mode):
        words.append(_content(path).encode())
        if mode & EXECUTABLE:
            words.append(f"{mode & EXECUTABLE:03o}".encode())
    if path.is_symlink():
        words.append(b"-> " + os.fsencode(path.readlink()))
    return b" ".join(words) + b"\n"


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:  # one while reading does not name the file
        raise OSError(error.errno, error.strerror, str(path)) from None


def _shown(path: Path, root: Path) -> str:
    """Return the path within the project, or as it is where it lies outside."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield files and links, whatever they lead to; a link is not followed."""

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=fail):
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for path in (Path(place, name) for name in (*folders, *names)):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
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
    for module in _modules(path, root, path.stat().st_mtime_ns):
        for candidate in (module.with_suffix(".py"), module / "__init__.py"):
            if candidate.is_file():
                _reach(candidate, root, reached)


@functools.cache
def _modules(path: Path, root: Path, _time_ns: int) -> tuple[Path, ...]:
    """Return what `_imports` yields, once for a file that several servers share."""
    return tuple(_imports(path, root))


def _imports(path: Path, root: Path) -> Iterator[Path]:
    """Paths, without a suffix, of all modules that `path` may import from `root`.

    A name after `from package import` may be a module or not; both are given.
    The packages that a module lies in are imported with it.
    """
    for node in ast.walk(_parsed(path, root)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(root, alias.name)
        elif isinstance(node, ast.ImportFrom):
            if node.level > len(path.parents):
                raise SettingError(
                    f"{_shown(path, root)}, line {node.lineno}: an import from "
                    f"{node.level - 1} folders above, which are not there"
                )
            # Level 1 is the folder of the file, each further level one above it.
            base = path.parents[node.level - 1] if node.level else root
            yield from _with_packages(base, node.module or "")
            inside = base.joinpath(*(node.module or "").split("."))
            yield from (inside / alias.name for alias in node.names)


def _parsed(path: Path, root: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise SettingError(f"{_shown(path, root)}{line}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or type(error).__name__
        raise SettingError(f"{_shown(path, root)}: not Python: {why}") from None


def _with_packages(base: Path, dotted: str) -> Iterator[Path]:
    place = base
    for name in filter(None, dotted.split(".")):
        place = place / name
        yield place


def main() -> int:
    *runner, folder = sys.argv[1:]
    cell = yaml.safe_load((Path(folder) / "config.yaml").read_text())
    try:
        what = changed(cell, runner, Path(__file__).parent.parent)
        said = what and f"{what} has changed since this was asked for: ask again"
    except SettingError as error:
        said = str(error)
    if said:
        print(said, file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
