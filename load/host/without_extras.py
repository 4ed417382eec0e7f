"""`python -I without_extras.py -m MODULE WORDS…`: a module, and no extras of it.

What else is installed may not change a cell. Locust would import `locust_plugins`,
which may add to any load. gevent would call what any package names as its plugin. It
would look for those in all packages, at each step of its own: a quarter of the time
that Locust takes to start.

Nobody sees Locust's own pages. To load what makes them, Flask and Jinja, would take two
fifths of what is left of that time. Python's garbage collector would take a sixth, and
find next to nothing. It is off until the locustfile, which is loaded last, turns it on.
"""

from __future__ import annotations

import gc
import runpy
import sys
import types
from typing import Any

from gevent import events

PAGES = ("locust.html", "locust.web")


class Unused(types.ModuleType):
    """In the place of a module from which others import what they do not call then."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # these say what kind of module it is
            raise AttributeError(name)
        return type(name, (), {})


def run(module: str, *words: str) -> None:
    """Run a module as `python -m MODULE WORDS…` does, without extras."""
    for name in ("locust_plugins", *PAGES):
        sys.modules[name] = Unused(name)
    # gevent.monkey takes it from there when it begins.
    events.notify_and_call_entry_points = events.notify
    gc.disable()
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run(*sys.argv[2:])  # behind `-m`
