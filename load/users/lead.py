"""How long a run may take before its record begins.

Rules of this module:
- The runner needs to know it as well as `calibration.py`, which runs in Locust. So this
  module loads nothing of either.
"""

from __future__ import annotations

STAGE_S = 2.0
STAGES = 3
REST_S, DRAINING_S = 1.0, 10.0  # at least, and at most after that
ENDING_S = 1.0  # for requests in flight to end


def lead_s(warm_up_s: float, trying: bool) -> float:
    """Return the most seconds before the record."""
    rest_s = REST_S + DRAINING_S
    warming_s = warm_up_s + ENDING_S + rest_s if warm_up_s else 0.0
    trying_s = STAGES * (STAGE_S + ENDING_S) + rest_s if trying else 0.0
    return warming_s + trying_s
