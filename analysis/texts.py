"""Words that people read, by key, in one of several languages.

`languages/en.yaml` has all of them, in English, and each other file there has the same
keys. A key is the dotted path of an entry: `answer.first` is `first` below `answer`. An
entry is a text with values in braces, as in `str.format`, or a mapping with `one` and
`other` where it depends on the value `count`.

Rules of this module:
- The language is one for a whole step: `speaking` sets it, and `say` uses it. Without
  it everything is in English.
- A key that is missing is an error of ours. A test finds it, and also one that nothing
  uses.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("languages")
ENGLISH = "en"
_language = ContextVar("language", default=ENGLISH)


def languages() -> list[str]:
    """Return the languages that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def language() -> str:
    """Return the language in which `say` speaks."""
    return _language.get()


@contextlib.contextmanager
def speaking(name: str) -> Iterator[None]:
    """Let `say` speak this language in the block."""
    token = _language.set(name)
    try:
        yield
    finally:
        _language.reset(token)


def say(key: str, /, **values: Any) -> str:
    """Return the text of a key, with these values in it."""
    entry = catalogue(language())[key]
    if isinstance(entry, dict):
        entry = entry["one" if values["count"] == 1 else "other"]
    return str(entry).format(**values)


def has(key: str) -> bool:
    """Whether there is a text of this key."""
    return key in catalogue(language())


def listed(items: Sequence[str]) -> str:
    """Return items as in a sentence: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    *others, last = items
    return say("list.last", others=say("list.between").join(others), last=last)


def number(count: int) -> str:
    """Return a small number in words, and others in digits."""
    words = say("list.numbers").split()
    return words[count] if count < len(words) else f"{count:,}"


@functools.cache
def catalogue(name: str) -> dict[str, Any]:
    """Return the entries of a language by their keys."""
    from analysis import plain_yaml

    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    return dict(_entries(plain_yaml.load(text)))


def _entries(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            yield from _entries(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
