"""Which variables of the environment the processes of a run are given.

Rules of this module:
- Only a cell's configuration may change the cell. A variable can change it as well: it
  may be a setting of an interpreter (`PYTHONPATH`, `NODE_OPTIONS`), of a library
  (`OPENSSL_CONF`, `http_proxy`, `LD_PRELOAD`), of Locust or of a server
  (`WEB_CONCURRENCY`). Nobody has a complete list, so only variables that are named
  here are passed on.
- These say where things are and who runs, and nothing else. The language is the same
  for all runs, since what programs print ends up in tables.
- No Python reads packages below `HOME`: what lies there could run at its start
  (`usercustomize`). Other programs may have settings there. `HOME` is passed on, since
  toolchains have their parts and caches below it.
- A server that needs more variables gets them by `impl.environment`. So it can get back
  what is left out here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

PASSED_ON = (
    # Programs, and the libraries that they need.
    "PATH",
    "LD_LIBRARY_PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    # Tools that a submission may be built with, and what they have fetched before.
    "CARGO_HOME",
    "DOTNET_ROOT",
    "GOCACHE",
    "GOMODCACHE",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "PYENV_ROOT",
    "RUSTUP_HOME",
    "XDG_CACHE_HOME",
)
ALIKE = {"LANG": "C.UTF-8", "PYTHONNOUSERSITE": "1"}  # in all runs


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environment` that processes of a run are given."""
    kept = {name: environment[name] for name in PASSED_ON if name in environment}
    return kept | ALIKE


def let_no_python_be_told() -> None:
    """Remove variables that Python reads: processes started from now on lack them."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]
