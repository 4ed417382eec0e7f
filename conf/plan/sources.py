"""What code a cell measures, as a digest that goes into the cell's key.

Rules of this module:
- A Python file stands for itself and for what it imports of this project, at
  any depth; a folder for every file below it; any other file for itself. So does a
  file that this Python can't parse: it may be of another.
- What is `ignored` (`schema.py`) is part of nothing: an editor's file beside a source,
  and what version control writes, change no digest.
- A data file beside an imported Python module of a package counts with it: a
  page's template is as much the server as its code.
- Contents count, times do not: a file that was only touched has its digest. So do who
  may execute a file and where a link leads: either decides what is run.
- What is no file, as a FIFO, is not opened: that might wait for ever.
- `python -m conf.plan.sources RUNNER… FOLDER` says whether the code is still that of
  the cell in FOLDER. A matrix is expanded at once; measuring it may take hours.
- What cannot be read raises `SettingError` with one line that names it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import yaml

from conf.errors import SettingError
from conf.schema import IGNORED, Config
from contract.settings import PAGE_FILE

EXECUTABLE = 0o111  # by its owner, its group, others

# From a folder and the names in it to those that are ignored.
Ignore = Callable[[str, list[str]], set[str]]


def digest(sources: Iterable[str], root: Path, ignored: Iterable[str] = IGNORED) -> str:
    """Return 12 hex digits of the SHA-256 of all that `sources` stand for.

    `sources` are paths of files and folders relative to `root`, the folder that
    imports are resolved in; `ignored` are names of what does not count below them.
    Raises `SettingError`.
    """
    ignore = shutil.ignore_patterns(*ignored)
    reached: set[Path] = set()
    total = hashlib.sha256()
    try:
        for source in sources:
            path = root / source
            if path.is_dir():
                reached.update(_files_below(path, ignore))
            elif path.is_file():
                _reach(path, root, ignore, reached)
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


def server_digest(cell: Config, root: Path) -> str:
    """Return the digest of what the server of a cell is made of.

    Raises `SettingError`.
    """
    return digest(sources_of(cell), root, cell["impl"]["ignored"])


def changed(cell: Config, runner: Iterable[str], root: Path) -> str | None:
    """Return what is no longer the code that the cell's key is of, if anything."""
    code = cell["code"]
    if server_digest(cell, root) != code["server"]:
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


def _files_below(folder: Path, ignore: Ignore) -> Iterator[Path]:
    """Yield files and links, whatever they lead to; a link is not followed."""

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=fail):
        left_out = ignore(place, [*folders, *names])
        folders[:] = [name for name in folders if name not in left_out]
        counted = (name for name in (*folders, *names) if name not in left_out)
        for path in (Path(place, name) for name in counted):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield path


def _reach(path: Path, root: Path, ignore: Ignore, reached: set[Path]) -> None:
    """Add `path` to `reached`, and what it imports, and the data beside it."""
    if path in reached:
        return
    reached.add(path)
    if path.suffix != ".py":
        return
    if (path.parent / "__init__.py").is_file():
        beside = {p.name: p for p in path.parent.iterdir() if p.is_file()}
        left_out = ignore(str(path.parent), list(beside))
        data = (p for name, p in beside.items() if name not in left_out)
        reached.update(p for p in data if p.suffix not in {".py", ".pyc"})
    for module in _modules(path, root, path.read_bytes()):
        for candidate in (module.with_suffix(".py"), module / "__init__.py"):
            if candidate.is_file():
                _reach(candidate, root, ignore, reached)


@functools.cache
def _modules(path: Path, root: Path, code: bytes) -> tuple[Path, ...]:
    """Return what `_imports` yields, once for a file that several servers share."""
    return tuple(_imports(path, root, code))


def _imports(path: Path, root: Path, code: bytes) -> Iterator[Path]:
    """Paths, without a suffix, of all modules that `path` may import from `root`.

    A name after `from package import` may be a module or not; both are given.
    The packages that a module lies in are imported with it.
    """
    try:
        parsed = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it is no Python, or another one's
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(root, alias.name)
        elif isinstance(node, ast.ImportFrom) and node.level <= len(path.parents):
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


def main() -> int:
    *runner, folder = sys.argv[1:]
    cell = yaml.safe_load((Path(folder) / "config.yaml").read_text())
    try:
        what = changed(cell, runner, Path(__file__).parents[2])
        said = what and f"{what} has changed since this was asked for: ask again"
    except SettingError as error:
        said = str(error)
    if said:
        print(said, file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
