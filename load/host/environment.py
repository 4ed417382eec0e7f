"""What a run's processes are given of the environment that it was started in.

Rules of this module:
- Nothing but a cell's configuration may change the cell. A variable can: it is a
  setting of an interpreter (`PYTHONPATH`, `NODE_OPTIONS`), of a library
  (`OPENSSL_CONF`, `http_proxy`, `LD_PRELOAD`), of Locust or of a server
  (`WEB_CONCURRENCY`), and nobody has a list of them. So what is not named here is not
  passed on.
- What is named says where things are, who runs, and nothing else. The language is one
  for all, since what programs say ends up in tables.
- A server that needs more is given it by `impl.environment`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

PASSED_ON = (
    *("PATH", "LD_LIBRARY_PATH"),  # programs, and the libraries that they need
    *("HOME", "USER", "LOGNAME", "TMPDIR"),
    # What a submission may be built with, and what it has fetched before.
    *("CARGO_HOME", "DOTNET_ROOT", "GOCACHE", "GOMODCACHE", "GOPATH", "GOROOT"),
    *("JAVA_HOME", "PYENV_ROOT", "RUSTUP_HOME", "XDG_CACHE_HOME"),
)
LANGUAGE = {"LANG": "C.UTF-8"}


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what processes of a run are given of `environment`."""
    found = {name: environment[name] for name in PASSED_ON if name in environment}
    return found | LANGUAGE


def let_no_python_be_told() -> None:
    """Keep variables that Pythons read from those that this process starts."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]
