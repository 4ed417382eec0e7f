"""What is around Snakemake, where differences must not matter.

Rules of this module:
- Commands find the same programs however Snakemake was started: by make, in an
  activated environment, or by its path.
- Names of files and texts are in UTF-8.
- A user may have no name, as in a container that runs as a bare user id.
- Servers and load start in the checkout, and find their modules there first. A file or
  package that lies there and has the name of a module of others would change all cells.
"""

from __future__ import annotations

import getpass
import os
import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path

from conf.errors import MatrixError

# Where modules of others are: Python's own, and those that are installed.
PYTHONS = [sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED")]
OTHERS = [*PYTHONS, *(sysconfig.get_path(name) for name in ("purelib", "platlib"))]


def prepare(python: str, root: Path) -> None:
    """Put programs beside `python` first in PATH, and name a user who has no name.

    Raises `MatrixError` for a module in `root` with the name of one of others, and for
    another encoding than UTF-8.
    """
    encoding = sys.getfilesystemencoding()
    if encoding.lower() != "utf-8":
        raise MatrixError(
            f"the locale has names of files and texts in {encoding}: it must be UTF-8, "
            "as with LC_ALL=C.UTF-8"
        )
    _refuse_namesakes(root)
    path = os.environ.get("PATH") or os.defpath
    beside = str(Path(python).parent)
    if path.split(os.pathsep)[0] != beside:
        os.environ["PATH"] = beside + os.pathsep + path
    try:
        getpass.getuser()
    except (KeyError, OSError):  # KeyError before Python 3.13, OSError from then on
        os.environ["LOGNAME"] = str(os.getuid())


def _refuse_namesakes(root: Path) -> None:
    # Some libraries install a package `docs` or `tests`: these names are ours, too.
    packages = {path.parent: PYTHONS for path in root.glob("*/__init__.py")}
    modules = dict.fromkeys(root.glob("*.py"), OTHERS)
    for path, places in sorted((modules | packages).items()):
        found = PathFinder.find_spec(path.stem, [*filter(None, places)])
        if found is not None and found.origin:
            raise MatrixError(
                f"{path.name} hides Python's module {path.stem} from servers and load: "
                "give it another name, or another folder"
            )
