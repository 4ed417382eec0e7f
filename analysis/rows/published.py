"""The figures that the exercise of 2019 published, and what they imply.

`published.csv` holds them. `first_fail` is its Table A: 10 users join a second, up to
the first failed request, and `users` is how many were running then. `burst` is its
Table B: 2,000 users, all within a second, and the first 10,000 requests. `rps` is in
requests per second, `average_ms` in milliseconds, and `failures` is a number of
requests. A field is empty if its value was not published.

Rules of this module:
- Little's law (Little 1961) for a closed loop is N = X·(R + Z): N users, X requests a
  second, R seconds of response time, Z seconds of think time. It holds for means over a
  steady time. In Table A users grow slowly, so that it is nearly steady.
- Think times are uniform between 1 and 8 s. This project assumes so.
- The bytes of a response on the link are computed from its parts, which are named here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.files import DataError

FILE = Path(__file__).with_name("published.csv")
THINK_S = (1.0, 8.0)
REQUESTS, HATCH_RATE = 10_000, 2_000.0  # of Table B
LINK_MBIT = 62.0
PAGE_BYTES = 14_939  # as published, of the body
HEAD_BYTES = 150  # status line and headers, as our servers send them
SEGMENT_BYTES = 1_448  # of a packet of 1,500 bytes, after IPv4, TCP and timestamps
PACKET_BYTES = 66  # Ethernet 14, IPv4 20, TCP with timestamps 32
OTHER_PACKETS = 3  # of the server's side: SYN-ACK, the request's ACK, the last ACK


@dataclass(frozen=True)
class Published:
    """A row of the published tables; None stands for what was not published."""

    experiment: str
    implementation: str
    users: int
    rps: float
    average_ms: float
    failures: int | None

    @property
    def response_s(self) -> float:
        return self.average_ms / 1000


def read_published(path: Path = FILE) -> list[Published]:
    """Return the published rows, in the order of the file."""
    try:
        table = pd.read_csv(path, dtype={"failures": "Int64"})
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    return [
        Published(
            experiment=str(row.experiment),
            implementation=str(row.implementation),
            users=int(row.users),
            rps=float(row.rps),
            average_ms=float(row.average_ms),
            failures=None if pd.isna(row.failures) else int(row.failures),
        )
        for row in (values for _, values in table.iterrows())
    ]


def think_s(users: float, rps: float, response_s: float) -> float:
    """Return the mean think time, in s, that Little's law implies: Z = N/X - R."""
    return users / rps - response_s


def steady_rps(users: float, think: float, response_s: float) -> float:
    """Return the rate that Little's law allows: X = N / (Z + R)."""
    return users / (think + response_s)


def burst_rps(
    users: float,
    requests: float,
    response_s: float,
    think: tuple[float, float] = THINK_S,
    hatch_rate: float = HATCH_RATE,
) -> float:
    """Return the mean rate of the first `requests` of users that ask when they join.

    A user's first request has no think time before it, so the rate of a short run is
    above the steady one. A cycle of thinking and waiting has the mean m and the
    variance s². By the renewal theorem a user has finished 1 + t/m + (s² - m²)/2m²
    requests on average, t seconds after the first one (Feller 1971, XI.3). Users join
    evenly, at `hatch_rate`. Response times are assumed to be constant.
    """
    low, high = think
    cycle_s = (low + high) / 2 + response_s
    variance = (high - low) ** 2 / 12
    past = (variance - cycle_s**2) / (2 * cycle_s**2)
    joined_s = users / hatch_rate / 2
    seconds = joined_s + response_s + cycle_s * (requests / users - 1 - past)
    return requests / seconds


def response_bytes(body: int = PAGE_BYTES) -> int:
    """Return the bytes that the server sends for one response, by the link.

    The response has a connection of its own, and nothing is sent again.
    """
    content = body + HEAD_BYTES
    packets = math.ceil(content / SEGMENT_BYTES) + OTHER_PACKETS
    return content + packets * PACKET_BYTES


def link_share(rps: float, rate_mbit: float = LINK_MBIT) -> float:
    """Return the share of a link of `rate_mbit` (10⁶ bit/s) that responses fill."""
    return rps * response_bytes() * 8 / (rate_mbit * 1e6)
