"""`python -m servers.command_line.write_page`: the page that servers answer with.

Rules of this module:
- The page is written to standard output. `--anew` renders it even if its file is kept:
  `--anew > servers/protocol/page.html` writes that file.
- Where this machine cannot make the page in the CPU time asked for, it fails with one
  line that says what would be possible.
"""

from __future__ import annotations

import functools
import sys
from time import thread_time

from servers.command_line.options import Parser, number
from servers.protocol.render import (
    BYTES,
    FILE,
    LEAST_BYTES,
    LEAST_ROWS,
    MOST_BYTES,
    ROWS,
    Renderer,
)

RENDERINGS = 15  # their median is the time of rendering
COARSEST = 0.03  # the greatest step of the CPU clock, as a share of the CPU time
ROOM = 1.5  # factor on the time of rendering that leaves room for a forked child


def why_not(renderer: Renderer, cpu_ms: float) -> str | None:
    """Return why a page cannot take `cpu_ms` of CPU time here; None if it can."""
    least_ms = _rendering_ms(renderer)
    if least_ms > cpu_ms:
        return (
            f"rendering takes {least_ms:.2f} ms of CPU here, more than "
            f"page.cpu_ms={cpu_ms:g}: ask for more, as in "
            f"page.cpu_ms={int(ROOM * least_ms) + 1}"
        )
    step_ms = _clock_step_s() * 1000
    if step_ms > COARSEST * cpu_ms:
        return (
            f"the CPU clock of a thread has steps of {step_ms:.3g} ms here, more than "
            f"{COARSEST:.0%} of page.cpu_ms={cpu_ms:g}: choose a page without "
            "page.cpu_ms, as page=rendered"
        )
    return None


def _rendering_ms(renderer: Renderer) -> float:
    """Return the CPU time of rendering the page, after a warm-up."""
    from statistics import median

    renderer.warm_up()
    times = []
    for _ in range(RENDERINGS):
        start = thread_time()
        renderer.page()
        times.append(thread_time() - start)
    return 1000 * median(times)


def _clock_step_s() -> float:
    """Return the step of the CPU clock of this thread."""
    steps = []
    for _ in range(3):  # an interrupt may make one longer
        start = thread_time()
        while (now := thread_time()) == start:
            pass
        steps.append(now - start)
    return min(steps)


def main() -> None:
    parser = Parser(
        prog="python -m servers.command_line.write_page",
        description="Write the page.",
    )
    parser.add_argument(
        "--bytes",
        type=number(int, LEAST_BYTES, MOST_BYTES),
        default=BYTES,
        metavar="N",
        help=f"the size of the page (default: {BYTES:,})",
    )
    parser.add_argument(
        "--cpu-ms",
        type=number(float, 0, 10_000),
        default=0,
        metavar="MS",
        help="fail where rendering takes more CPU time (default: 0, any will do)",
    )
    parser.add_argument(
        "--rows",
        type=number(int, LEAST_ROWS, ROWS),
        default=ROWS,
        metavar="N",
        help=f"of its table, at most (default: {ROWS})",
    )
    parser.add_argument("--anew", action="store_true", help="even if there is a file")
    arguments = parser.parse_args()
    renderer = functools.partial(Renderer, arguments.bytes, arguments.rows)
    if arguments.cpu_ms and (reason := why_not(renderer(), arguments.cpu_ms)):
        sys.exit(reason)
    kept = (arguments.bytes, arguments.rows, arguments.anew) == (BYTES, ROWS, False)
    page = FILE.read_bytes() if kept else renderer().page()
    sys.stdout.buffer.write(page)


if __name__ == "__main__":
    main()
