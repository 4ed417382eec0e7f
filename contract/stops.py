"""When a run ends: the rules, the reasons that each may end for, and the outcomes.

Rules of this module:
- A rule is the value of `experiment.stop`. A reason stands in the record (`run.json`),
  an outcome in the results. Kept records hold these texts, so they stay as they are.
- `OUTCOMES` has each pair of a rule and a reason that there may be. No other list of
  reasons is kept: `reasons` is made of it.
- The rule of the onset is applied twice, in the run and in the record: both use the
  numbers here.
"""

from __future__ import annotations

# The rules, as `experiment.stop` names them.
FIRST_FAILURE = "first_failure"
REQUESTS = "requests"
CAPACITY = "capacity"
RULES = (FIRST_FAILURE, REQUESTS, CAPACITY)

# The reasons, as `run.json` has them.
ONSET = "onset"  # 1 % of the last requests failed, after the first failure
NO_ONSET = "no-onset"  # no onset followed the first failure in time
AT_FIRST_FAILURE = "first-failure"  # a request failed, and no onset is waited for
CAP = "cap"  # all users have joined, and no request that was in flight then failed
GENERATOR = "generator"  # the load generator could not keep up
TIME_LIMIT = "time-limit"  # `experiment.max_s` was over
ENOUGH_REQUESTS = "requests"  # `experiment.requests` had finished
CAPACITY_FOUND = "capacity"  # more users brought no more throughput
CRASHED = "crashed"  # the server died
TOLD_TO_STOP = "told-to-stop"  # somebody stopped Locust; never in a kept record

# The outcomes, as results have them.
FAILED = "first failure"
STRAY = "stray failure"
NOT_REACHED = "not reached"
COMPLETED = "completed"
OUT_OF_TIME = "time limit"
DIED = "crashed"
OUTCOMES = {
    (FIRST_FAILURE, ONSET): FAILED,
    (FIRST_FAILURE, NO_ONSET): STRAY,
    (FIRST_FAILURE, AT_FIRST_FAILURE): FAILED,
    (FIRST_FAILURE, CAP): NOT_REACHED,
    (FIRST_FAILURE, GENERATOR): NOT_REACHED,
    (FIRST_FAILURE, TIME_LIMIT): NOT_REACHED,  # OUT_OF_TIME where a request failed
    (FIRST_FAILURE, CRASHED): DIED,
    (REQUESTS, ENOUGH_REQUESTS): COMPLETED,
    (REQUESTS, TIME_LIMIT): OUT_OF_TIME,
    (REQUESTS, CRASHED): DIED,
    (CAPACITY, CAPACITY_FOUND): COMPLETED,
    (CAPACITY, TIME_LIMIT): OUT_OF_TIME,
    (CAPACITY, CRASHED): DIED,
}
# A run ends at one of these bounds only if no request has failed before.
BOUNDS = (CAP, GENERATOR)
# For these the clock ends a run: its last request may have finished earlier.
BY_THE_CLOCK = (*BOUNDS, NO_ONSET, TIME_LIMIT)

# The onset: one of so many requests that finished in so many seconds has failed, and so
# many at least.
ONSET_WINDOW_S = 10.0
ONSET_ONE_OF = 100
ONSET_LEAST = 3

KNEE = 0.95  # of the greatest throughput: the fewest users that get as much


def reasons(rule: str) -> tuple[str, ...]:
    """Return the reasons for which a run may end by a rule."""
    return tuple(reason for each, reason in OUTCOMES if each == rule)
