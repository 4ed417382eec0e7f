"""A digest of the code that a cell measures. It is part of the cell's key.

Rules of this module:
- A Python file counts with all of this project that it imports, at any depth. A folder
  counts with every file below it. Any other file counts alone, and so does a Python
  file that this Python cannot parse.
- Data files beside an imported module of a package count, too: the template of a page
  is as much part of a server as its code.
- Names in `ignored` (`schema.py`) never count. So files of an editor or of version
  control change no digest.
- The content of a file counts, and its times do not. Its permission to be executed and
  the target of a link count, since both decide what is run.
- Only regular files are opened: opening a FIFO might wait for ever.
- `python -m conf.plan.sources RUNNER… FOLDER` fails if the code is no longer that of
  the cell in FOLDER. A matrix is expanded at once, and measuring it may take hours.
- `python -m conf.plan.sources --list FOLDER` prints the files of the cell's server,
  each ended by a null byte. Another host needs them to have the same server.
- A file that cannot be read raises `SettingError`, with one line that names it.
"""

from __future__ import annotations

import ast
import contextlib
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
from conf.ignored import IGNORED
from conf.schema import Config
from contract.settings import PAGE_FILE

EXECUTABLE = b"111"  # of a file that its owner may run; the rest is of some umask
LIST = "--list"

# A folder and the names in it → the names to ignore.
Ignore = Callable[[str, list[str]], set[str]]


def digest(sources: Iterable[str], root: Path, ignored: Iterable[str] = IGNORED) -> str:
    """Return 12 hex digits of the SHA-256 of all files that count with `sources`.

    `sources` are paths of files and folders relative to `root`. Imports are resolved in
    `root`, too. Names in `ignored` do not count.
    Raises `SettingError`.
    """
    total = hashlib.sha256()
    with _explained(root):
        for path in sorted(_counted(sources, root, ignored)):
            total.update(_line(path, root))
    return total.hexdigest()[:12]


def _counted(
    sources: Iterable[str], root: Path, ignored: Iterable[str] = IGNORED
) -> set[Path]:
    """Return all files that count with `sources`."""
    ignore = shutil.ignore_patterns(*ignored)
    reached: set[Path] = set()
    seen: set[Path] = set()
    for source in sources:
        path = root / source
        if path.is_dir():
            reached.update(_files_below(path, ignore))
        elif path.is_file():
            _reach(path, root, ignore, reached, seen)
        else:
            raise SettingError(f"there is no file or folder {source}")
    return reached


@contextlib.contextmanager
def _explained(root: Path) -> Iterator[None]:
    """Raise `SettingError` for a file that cannot be read."""
    try:
        yield
    except OSError as error:
        name = _shown(Path(error.filename), root) if error.filename else "a source"
        raise SettingError(
            f"{name} cannot be read: {error.strerror}; let it be read, or remove it"
        ) from None


def sources_of(cell: Config) -> tuple[str, ...]:
    """Return the sources of a cell's server, with those of the page that it serves."""
    impl = cell["impl"]
    if impl["body"] == PAGE_FILE:
        return (*impl["sources"], *cell["page"]["sources"])
    return (*impl["sources"], *([impl["body"]] if impl["body"] else []))


def server_digest(cell: Config, root: Path) -> str:
    """Return the digest of the sources of a cell's server, or raise `SettingError`."""
    return digest(sources_of(cell), root, cell["impl"]["ignored"])


def server_files(cell: Config, root: Path) -> list[str]:
    """Return a server's files below `root`, in order, or raise `SettingError`."""
    with _explained(root):
        files = _counted(sources_of(cell), root, cell["impl"]["ignored"])
    within = (path for path in files if path.is_relative_to(root))
    return sorted(str(path.relative_to(root)) for path in within)


def changed(cell: Config, runner: Iterable[str], root: Path) -> str | None:
    """Return which code is no longer that in the cell's key, if any has changed."""
    code = cell["code"]
    if server_digest(cell, root) != code["server"]:
        return f"the code of {cell['impl']['name']}"
    return None if digest(runner, root) == code["runner"] else "the code that measures"


def _line(path: Path, root: Path) -> bytes:
    """Return what counts of a file: its name, content, mode, and target if a link."""
    words = [os.fsencode(_shown(path, root))]
    mode = path.stat().st_mode if path.exists() else 0  # a link may lead nowhere
    if stat.S_ISREG(mode):
        words.append(_content(path).encode())
        if mode & stat.S_IXUSR:
            words.append(EXECUTABLE)
    if path.is_symlink():
        words.append(b"-> " + os.fsencode(path.readlink()))
    return b" ".join(words) + b"\n"


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:  # an error of read(2) does not name the file
        raise OSError(error.errno, error.strerror, str(path)) from None


def _shown(path: Path, root: Path) -> str:
    """Return the path within the project, or the whole path of a file outside it."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _files_below(folder: Path, ignore: Ignore) -> Iterator[Path]:
    """Yield files and links. A link is not followed."""

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=fail):
        skipped = ignore(place, [*folders, *names])
        folders[:] = [name for name in folders if name not in skipped]
        counted = (name for name in (*folders, *names) if name not in skipped)
        for path in (Path(place, name) for name in counted):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield path


def _reach(
    path: Path, root: Path, ignore: Ignore, reached: set[Path], seen: set[Path]
) -> None:
    """Add `path` to `reached`, with what it imports and the data beside it.

    What files share is `seen` once: their folder, and where a library would be.
    """
    if path in reached:
        return
    reached.add(path)
    if path.suffix != ".py":
        return
    if path.parent not in seen and (path.parent / "__init__.py").is_file():
        beside = {p.name: p for p in path.parent.iterdir() if p.is_file()}
        skipped = ignore(str(path.parent), list(beside))
        data = (p for name, p in beside.items() if name not in skipped)
        reached.update(p for p in data if p.suffix not in {".py", ".pyc"})
    seen.add(path.parent)
    for candidate in _candidates(path, root, path.read_bytes()):
        if candidate in reached or candidate in seen:
            continue
        if candidate.is_file():
            _reach(candidate, root, ignore, reached, seen)
        else:
            seen.add(candidate)


@functools.cache
def _candidates(path: Path, root: Path, code: bytes) -> tuple[Path, ...]:
    """Return the files that `path` may import, kept for those that servers share."""
    modules, ends = dict.fromkeys(_imports(path, root, code)), (".py", "/__init__.py")
    return tuple(Path(f"{module}{end}") for module in modules for end in ends)


def _imports(path: Path, root: Path, code: bytes) -> Iterator[Path]:
    """Yield paths, without a suffix, of all modules that `path` may import.

    A name after `from package import` may be a module, so its path is yielded, too. The
    packages around a module are imported with it.
    """
    try:
        parsed = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it is no Python, or of another version
    # A script, which is in no package, finds modules beside it, too.
    in_package = (path.parent / "__init__.py").exists()
    places = (root,) if in_package else (root, path.parent)
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            for place in places:
                for alias in node.names:
                    yield from _with_packages(place, alias.name)
        elif isinstance(node, ast.ImportFrom) and node.level <= len(path.parents):
            # Level 1 is the folder of the file, each further level one above it.
            for place in (path.parents[node.level - 1],) if node.level else places:
                yield from _with_packages(place, node.module or "")
                inside = place.joinpath(*(node.module or "").split("."))
                yield from (inside / alias.name for alias in node.names)


def _with_packages(base: Path, dotted: str) -> Iterator[Path]:
    place = base
    for name in filter(None, dotted.split(".")):
        place = place / name
        yield place


def main() -> int:
    *runner, folder = sys.argv[1:]
    cell = yaml.safe_load((Path(folder) / "config.yaml").read_text())
    root = Path(__file__).parents[2]
    try:
        if runner == [LIST]:
            print("".join(f"{name}\0" for name in server_files(cell, root)), end="")
            return 0
        code = changed(cell, runner, root)
        problem = code and f"{code} has changed since this was asked for: ask again"
    except SettingError as error:
        problem = str(error)
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
