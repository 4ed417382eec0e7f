"""Tests that are skipped for want of something: what was not tried, and how to have it.

A reason is known by a word of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

CI = Path(__file__).parents[1] / ".ci" / "run"
# The programs that it installs, each with its package.
PACKAGES = dict(re.findall(r"([\w/-]+):([\w-]+)", CI.read_text().partition("; do")[0]))
HOW = {
    **{f"{program} is": f"apt install {name}" for program, name in PACKAGES.items()},
    "to give up privileges with": "apt install util-linux",
    "namespaces": "run them as root, or where users may make namespaces",
    "IPv6": "sysctl net.ipv6.conf.lo.disable_ipv6=0",
    "perf": "sysctl kernel.perf_event_paranoid=1",
    "cgroup": "run them as root, where cgroups can be written",
    "quota": "run them as root, where cgroups can be written",
    "root": "run them as root",
    "ordinary user": "run them as root",
    "Linux": "run them on Linux",
    "proc(5)": "run them on Linux",
}


def how(reason: str) -> str:
    """Return how to have what a test was skipped for, or ''."""
    return next((told for word, told in HOW.items() if word in reason), "")


def not_tried(skipped: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each reason, of skipped tests' files and reasons."""
    counts = Counter(skipped)
    lines = []
    for reason in dict.fromkeys(reason for _, reason in counts):
        places = ", ".join(
            f"{count} of {file}"
            for (file, why), count in counts.items()
            if why == reason
        )
        lines.append(
            f"{places}: {reason}" + (f": {how(reason)}" if how(reason) else "")
        )
    return lines
