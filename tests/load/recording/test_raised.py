"""When a user or a listener raises an exception, Locust logs it and goes on.

Locust is never imported here: it makes all of Python's blocking calls gevent's.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load.recording.command import in_two_processes, locust, words_of
from tests.load.scripted import CLOSE, answer, serving

LISTENER = "load.recording.record.Record.add"
USER = "load.client.lean_client.LeanClient.ask"
OPEN = ("--arrivals", "open", "--think-max", "0.1")


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    "broken, arrivals",
    [(LISTENER, ()), (USER, ()), (USER, OPEN)],
    ids=["listener", "user", "open arrivals"],
)
def test_a_run_whose_requests_may_be_missing_has_no_result(
    tmp_path: Path, broken: str, arrivals: tuple[str, ...], processes: int
) -> None:
    module, of, method = broken.rsplit(".", 2)
    locustfile = tmp_path / "broken.py"
    locustfile.write_text(
        f"from {module} import {of}\n{of}.{method} = None\n"
        "from load.locustfile import *\n"
    )
    with serving(answer(CLOSE % 5 + b"hello")) as server:
        words = words_of(server.port, tmp_path, locustfile, "--users", "1", *arrivals)
        done = locust(*words, *(in_two_processes() if processes > 1 else ()))
    assert done.returncode == 1
    assert "requests may be missing from the record" in done.stderr
    assert not (tmp_path / "stopped.json").exists()
