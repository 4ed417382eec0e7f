"""What the published figures imply, as a table for reading.

Rules of this module:
- Computed figures stand to the right of the published ones, which are as published.
- What is assumed is said below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.rows import published
from analysis.rows.published import LINK_MBIT, REQUESTS, THINK_S, Published
from analysis.rows.settings import show

FIRST_FAIL = """\
**First failure** (10 users join a second). Little's law says how long users thought:
Z = N/X - R, of N users, X requests a second and a response time of R.

| implementation | users | RPS | average response, ms | think time implied, s | {link} |
|---|---:|---:|---:|---:|---:|"""
BURST = """\
**Burst** ({requests:,} requests of users that all join within a second). Users that
think for {low:g} to {high:g} s, {mean:g} s on average, allow N/(Z + R) requests a
second, and some more in so short a run, since they ask for the first time without
having thought. No property of a server is in either figure but its response time. The
published rates lie somewhat above both, so that those users thought for less, or the
rates were read at another moment; that is not known.

| implementation | failures | RPS | average response, ms | N/(Z + R) \
| of the short run | {link} |
|---|---:|---:|---:|---:|---:|---:|"""
LINK = """\
The last column is the part {link} that the responses would fill, at
{bytes:,} bytes each: a page of {page:,}, HTTP headers of {head}, and {packet} for each
packet, of {segment:,} bytes at most, and {others} packets without content. What link it
was is not known."""


def markdown(rows: Sequence[Published]) -> str:
    """Return both published tables for reading, with what follows from them."""
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
    said = [row.implementation, show(counted), show(row.rps), show(row.average_ms)]
    share = f"{published.link_share(row.rps):.0%}"
    return f"| {' | '.join([*said, *implied, share])} |"
