"""What is replaced of Locust says the same as Locust's own.

In a process of its own: Locust makes all of Python's blocking calls gevent's.
"""

from __future__ import annotations

import pytest

from tests.load.conftest import said_by

USERS = """
import gevent
from locust import User, argument_parser, task
from locust.env import Environment
from load.users.lighter import lighten

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


STATISTICS = """
import random
from unittest import mock
from locust.stats import RequestStats
from load.users import lighter

draw = random.Random(1)
now_s = 1e9
with mock.patch("time.time", lambda: now_s):
    both = [RequestStats(), RequestStats()]
for _ in range(2000):
    now_s += draw.choice([0, 0.01, 0.4, 3])
    name, size = draw.choice("ab"), draw.randrange(99)
    response_ms = draw.expovariate(0.001)
    with mock.patch("time.time", lambda: now_s):
        both[0].log_request("GET", name, response_ms, size)
        lighter._log_request(both[1], "GET", name, response_ms, size)

def told(kept):
    entries = [kept.total, *kept.entries.values()]
    return [{**vars(entry), "stats": None} for entry in entries]

assert len(told(both[1])) == 3 and told(both[1])[0]["num_requests"] == 2000
assert told(both[1]) == told(both[0])
lighter.lighten()
assert RequestStats.log_request is lighter._log_request
print("alike")
"""


@pytest.mark.parametrize("code", [USERS, STATISTICS], ids=["users", "statistics"])
def test_the_same_is_told(code: str) -> None:
    done = said_by(code)
    assert done.stdout.strip() == "alike", done.stderr
