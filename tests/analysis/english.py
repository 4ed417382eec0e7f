"""The English words in texts of a report in another language.

Rules of this module:
- Names stay as they are: of limits, settings, servers, programs and protocols. What is
  a name is listed here. A test names those that it made up itself.
- A word has two small letters or more: abbreviations have none, and most units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from analysis.limits import LIMITS
from analysis.report.blocks import blocks
from analysis.texts import ENGLISH, languages
from analysis.translation import NOT_OURS, WORDS, translated_parts

OTHERS = [name for name in languages() if name != ENGLISH]
LIMIT = "|".join(sorted(map(re.escape, LIMITS), key=len, reverse=True))
STAYS = re.compile(
    rf"\b(?:{LIMIT})\b"
    r"|\b(?:[a-z_]+\.)+[a-z_]+\b(?:=\w+)?"  # a setting
    r"|load='\{processes: 2\}'|users=auto|ulimit -Hn|conformance=false"
    r"|(?<=\d) of (?=[\d≥])",  # a sign, which a note below the table explains
    re.ASCII,
)
WORD = re.compile(r"[A-Za-z_]*[a-z]{2,}[A-Za-z_]*")
NAMES = {
    # Studies, experiments, servers, settings and their values.
    *("first_fail", "burst", "capacity", "ceiling", "hatch_rate", "repeat", "auto"),
    *("select", "single", "poll", "epoll", "multiprocess", "multithread", "here"),
    *("static", "rendered", "fixed_cost", "netns", "loopback", "true", "false"),
    *("governor", "performance"),
    # Programs, people and terms.
    *("Locust", "locust", "Python", "python", "Linux", "Welch", "Holm", "knee"),
    # HTTP, and units.
    *("Host", "Content", "Length", "Transfer", "Encoding", "Expect", "Date"),
    *("chunked", "close", "keep", "alive", "continue", "get", "xx", "ms", "Mbit"),
}


def words(text: str, made_up: Iterable[str] = ()) -> list[str]:
    """Return the English words of a text, but for names, and for what is `made_up`."""
    for own in made_up:
        text = re.sub(rf"\b{re.escape(own)}\b", " ", text, flags=re.ASCII)
    return [word for word in WORD.findall(STAYS.sub(" ", text)) if word not in NAMES]


def texts(data: Any, name: str = "") -> Iterator[str]:
    """Yield the texts of a report that are our own words."""
    if isinstance(data, str):
        if name in WORDS:
            yield data
    elif isinstance(data, list):
        for one in data:
            yield from texts(one, name)
    elif isinstance(data, dict) and data.get("style") != "code":
        for key, one in data.items():
            if key not in NOT_OURS:
                yield from texts(one, key)


def shown(markdown: str) -> list[str]:
    """Return what a report in the language that is spoken shows of a table."""
    return list(texts(translated_parts({"blocks": blocks(markdown)})))
