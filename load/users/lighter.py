"""Cheaper versions of what Locust does for each request and when users join.

Rules of this module:
- The results are the same. While Locust works, responses are seen late, and the load
  generator can send fewer requests. Only what took longest is replaced.
- Users are of one class (`locustfile.py`).
"""

from __future__ import annotations

import functools
import time
from typing import Any

from locust import argument_parser, stats
from locust.runners import Runner


def lighten() -> None:
    """Replace what takes Locust longest."""
    # It is called once for each option in each message that lets users of a worker
    # join: half a second of work.
    known: Any = functools.cache(argument_parser.default_args_dict)
    argument_parser.default_args_dict = known
    # Locust counts by a look at each user, four times for each group that joins: 35 ms
    # with 20,000 users.
    runner: Any = Runner
    runner.user_classes_count = property(_count)
    # Locust counts each request twice, by name and in total. Each time it reads the
    # clock and computes the bucket: a sixth of the cost of a request here.
    kept: Any = stats.RequestStats
    kept.log_request = _log_request


def _count(runner: Runner) -> dict[str, int]:
    [only] = runner.user_classes
    return {only.__name__: runner.user_count}


def _log_request(
    kept: stats.RequestStats, method: str, name: str, response_ms: float, size: int
) -> None:
    """Count a request in Locust's own statistics, as its `log_request` does."""
    now_s = time.time()
    second = int(now_s)
    bucket = stats.bucket_response_time(response_ms)
    entry: Any
    for entry in (kept.total, kept.entries[name, method]):
        last_s = entry.last_request_timestamp
        if entry.use_response_times_cache and last_s and second > int(last_s):
            entry._cache_response_times(second - 1)
        entry.last_request_timestamp = now_s
        entry.num_requests += 1
        entry.num_reqs_per_sec[second] += 1
        entry.response_times[bucket] += 1
        entry.total_content_length += size
        entry.total_response_time += response_ms
        if response_ms > entry.max_response_time:  # noqa: PLR1730 (max takes longer)
            entry.max_response_time = response_ms
        least_ms = entry.min_response_time
        if least_ms is None or response_ms < least_ms:
            entry.min_response_time = response_ms
