"""What is replaced of Locust says the same as Locust's own.

In a process of its own: Locust makes all of Python's blocking calls gevent's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import gevent
from locust import User, argument_parser, task
from locust.env import Environment
from load.lighter import lighten

class Visitor(User):
    @task
    def wait(self):
        gevent.sleep(60)

runner = Environment(user_classes=[Visitor]).create_local_runner()

def told():
    return runner.user_classes_count, argument_parser.default_args_dict()

own = type(runner).user_classes_count.fget
before = told()
lighten()
assert told() == before
assert argument_parser.default_args_dict() is argument_parser.default_args_dict()
runner.spawn_users({"Visitor": 5})
assert runner.user_classes_count == own(runner) == {"Visitor": 5}
runner.stop_users({"Visitor": 2})
assert runner.user_classes_count == own(runner) == {"Visitor": 3}
print("alike")
"""


def test_the_same_is_told(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "alike", done.stderr
