"""`python -I without_plugins.py -m MODULE WORDS…`: a module, and no plugins of it.

What else is installed may not change a cell. Locust would import `locust_plugins`,
which may add to any load. gevent would call what any package names as its plugin. It
would look for those in all packages, at each step of its own: a quarter of the time
that Locust takes to start.
"""

from __future__ import annotations

import runpy
import sys
import types

from gevent import events


def run(module: str, *words: str) -> None:
    """Run a module as `python -m MODULE WORDS…` does, without plugins."""
    sys.modules["locust_plugins"] = types.ModuleType("locust_plugins")
    # gevent.monkey takes it from there when it begins.
    events.notify_and_call_entry_points = events.notify
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run(*sys.argv[2:])  # behind `-m`
