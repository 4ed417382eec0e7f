"""The plan for many users is what its formulas say."""

from __future__ import annotations

from benchmarks.scale.plan import Measured, Way, plan


def test_a_plan_is_computed_from_what_was_measured() -> None:
    """By hand: 450,000 users that think for 4.5 s ask 100,000 times a second."""
    of = Measured(
        user_kb=20, process_mb=60, master_us=3, message_bytes=60, row_bytes=45
    )
    ways = [Way("kept", 30, 0), Way("new", 60, 1)]
    figures = {what: found for what, _, *found in plan(450_000, of, ways)}
    assert figures == {
        "requests/s": ["100,000", "100,000"],
        "link, Gbit/s": ["12.0", "12.0"],
        "cores, and processes of Locust": ["5", "10"],
        "memory of them, GB": ["9.3", "9.6"],
        "source addresses": ["16", "4"],
        "open files of a process": ["90,000", "45,000"],
        "open files of the server": ["450,000", "those of requests in flight"],
        "share of the master's core": ["30%", "30%"],
        "workers' messages, Mbit/s": ["48", "48"],
        "requests.csv, GB a minute": ["0.27", "0.27"],
    }
