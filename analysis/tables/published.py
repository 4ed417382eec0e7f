"""The published figures and what they imply, as a table for reading.

Rules of this module:
- Published figures are unchanged. Computed ones stand to their right.
- Assumptions stand below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.rows import published
from analysis.rows.published import LINK_MBIT, REQUESTS, THINK_S, Published
from analysis.rows.settings import show

FIRST_FAIL = """\
**First failure** (10 users join a second). Users' think time follows from Little's law:
Z = N/X - R, with N users, X requests a second and a response time of R.

| implementation | users | RPS | average response, ms | think time implied, s | {link} |
|---|---:|---:|---:|---:|---:|"""
BURST = """\
**Burst** ({requests:,} requests of users that all join within a second). Users who
think for {low:g} to {high:g} s, {mean:g} s on average, allow N/(Z + R) requests a
second. In so short a run they allow some more, since nobody thinks before the first
request. The response time is the only property of a server in either figure. The
published rates lie somewhat above both. Either those users thought for less, or the
rates were read at another moment. That is not known.

| implementation | failures | RPS | average response, ms | N/(Z + R) \
| of the short run | {link} |
|---|---:|---:|---:|---:|---:|---:|"""
LINK = """\
The last column is the part {link} that the responses would fill, at
{bytes:,} bytes each. These are a page of {page:,}, HTTP headers of {head}, and {packet}
for each packet: packets have {segment:,} bytes at most, and {others} of them have no
content. The real link is not known."""


def markdown(rows: Sequence[Published]) -> str:
    """Return both published tables for reading, with what they imply."""
    link = f"of a link of {LINK_MBIT:g} Mbit/s"
    low, high = THINK_S
    mean = (low + high) / 2
    lines = [
        "### published",
        "",
        "What the exercise of 2019 published, and what follows from it.",
        "",
        FIRST_FAIL.format(link=link),
        *_first_fail([row for row in rows if row.experiment == "first_fail"]),
        "",
        BURST.format(requests=REQUESTS, low=low, high=high, mean=mean, link=link),
        *_burst([row for row in rows if row.experiment == "burst"], mean),
        "",
        LINK.format(
            link=link,
            bytes=published.response_bytes(),
            page=published.PAGE_BYTES,
            head=published.HEAD_BYTES,
            packet=published.PACKET_BYTES,
            segment=published.SEGMENT_BYTES,
            others=published.OTHER_PACKETS,
        ),
    ]
    return "\n".join(lines) + "\n"


def _first_fail(rows: Sequence[Published]) -> Iterator[str]:
    for row in rows:
        implied = published.think_s(row.users, row.rps, row.response_s)
        yield _line(row, row.users, [show(implied, 2)])


def _burst(rows: Sequence[Published], think: float) -> Iterator[str]:
    for row in rows:
        steady = published.steady_rps(row.users, think, row.response_s)
        short = published.burst_rps(row.users, REQUESTS, row.response_s)
        yield _line(row, row.failures, [show(steady, 1), show(short, 1)])


def _line(row: Published, counted: int | None, implied: Sequence[str]) -> str:
    published_values = [
        row.implementation,
        show(counted),
        show(row.rps),
        show(row.average_ms),
    ]
    share = f"{published.link_share(row.rps):.0%}"
    return f"| {' | '.join([*published_values, *implied, share])} |"
