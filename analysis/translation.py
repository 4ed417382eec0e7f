"""Sentences of tables, charts and results in the language of a report.

Results, tables and charts are made once, in English, and kept. A report in another
language has their sentences translated: `translations/LANGUAGE.yaml` has each with the
values in it, as `{name}`. A value called `{n}`, `{n1}` … is a number. One that is
written `{=name}` is translated itself. Only `{all}` and `{why}` have semicolons. No
other begins with a plus, which stands between limits. `(s)` ends a word that may have
an s or none, as its number wants it.

Rules of this module:
- What the file does not have is looked up sentence by sentence, then between
  semicolons, colons and commas. What is still not found stays as it is: it may be the
  name of a server, or what it printed.
- Nothing is translated in English, which costs nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from re import Pattern
from typing import Any

from analysis.texts import ENGLISH, language

FOLDER = Path(__file__).with_name("translations")
VALUE = re.compile(r"\{(=?)(\w+)\}")
IS_NUMBER = re.compile(r"n\d*")
LONG = ("all", "why")  # values that may have semicolons in them
NUMBER = r"[\d∞][\d,.]*(?:e[+-]?\d+)?"
# In the content of a report: what our words are in, and what has none.
WORDS = {"text", "heading", "ended", "means", "because", "for", "why"}
NOT_OURS = {"code", "notes", "provenance", "environment", "timeline"}
# What may stand before a text, such as the mark of a verdict, and behind it.
BEGIN, BEHIND = " :;,.=", " ;,"
ENDS = (".", ":", "")
# What stands between parts of a text, and between their translations.
SEPARATORS = {
    "\n": "\n",
    ". ": ". ",
    "; ": "; ",
    ": ": ": ",
    ", and ": ", ",
    ", ": ", ",
}


def translated(text: str) -> str:
    """Return a text in the language that is spoken; as it is if that is not known."""
    return text if language() == ENGLISH else _translated(text, language())


def translated_parts(data: Any, name: str = "") -> Any:
    """Return data with the texts translated that are our words: those in `WORDS`."""
    if language() == ENGLISH:
        return data
    if isinstance(data, str):
        return translated(data) if name in WORDS else data
    if isinstance(data, list):
        return [translated_parts(one, name) for one in data]
    if not isinstance(data, dict):
        return data
    quoted = data.get("style") == "code"
    return {
        n: v if quoted or n in NOT_OURS else translated_parts(v, n)
        for n, v in data.items()
    }


@functools.lru_cache(maxsize=10_000)
def _translated(text: str, into: str) -> str:
    if not any(letter.isalpha() for letter in text):
        return text
    bare = text.lstrip(BEGIN).rstrip(BEHIND)
    if bare != text:  # it stands beside a name or a code
        before, _, behind = text.partition(bare)
        return f"{before}{_translated(bare, into)}{behind}"
    if (found := _whole(text, into)) is not None:
        return found
    for pattern, template in _sentences(into)[1]:
        if match := pattern.fullmatch(text):
            return _filled(template, match, into) + match["end"]
    for separator, between in SEPARATORS.items():
        if separator in text:
            return between.join(_parts(text.split(separator), separator, into))
    return text


def _whole(text: str, into: str) -> str | None:
    """Return the translation of a text without values; None if there is none."""
    whole, _ = _sentences(into)
    for end in ENDS:
        if (bare := text.removesuffix(end)) in whole and text.endswith(end):
            return whole[bare] + end
    return None


def _parts(parts: Sequence[str], separator: str, into: str) -> Iterator[str]:
    """Yield the translations of parts; the last ones may be one text together."""
    for place, part in enumerate(parts):
        if (rest := _whole(separator.join(parts[place:]), into)) is not None:
            yield rest
            return
        yield _translated(part, into)


def _filled(template: str, match: re.Match[str], into: str) -> str:
    """Return a translation with the values of the text that it is of."""
    values = match.groupdict()

    def value(place: re.Match[str]) -> str:
        found = values[place[2]]
        return _translated(found, into) if place[1] else found

    return VALUE.sub(value, template)


@functools.cache
def _sentences(into: str) -> tuple[dict[str, str], list[tuple[Pattern[str], str]]]:
    """Return the translations without values, and those with, the longest first."""
    entries = sentences(into)
    whole = {text: to for text, to in entries.items() if not VALUE.search(text)}
    rest = sorted(set(entries) - set(whole), key=lambda text: -len(VALUE.sub("", text)))
    return whole, [(_pattern(text), entries[text]) for text in rest]


def sentences(into: str) -> dict[str, str]:
    """Return all translations of a language, by the English text."""
    from analysis import plain_yaml

    text = (FOLDER / f"{into}.yaml").read_text("utf-8")
    groups = plain_yaml.load(text)
    return {english: to for group in groups.values() for english, to in group.items()}


def _pattern(text: str) -> Pattern[str]:
    """Return what finds a text, with its values in groups."""
    parts, end = [], 0
    for value in VALUE.finditer(text):
        parts.append(_words(text[end : value.start()]))
        parts.append(f"(?P<{value[2]}>{_value(value[2])})")
        end = value.end()
    return re.compile(
        "".join([*parts, _words(text[end:]), "(?P<end>[.:]?)"]), re.DOTALL
    )


def _words(text: str) -> str:
    return re.escape(text).replace(re.escape("(s)"), "s?")


def _value(name: str) -> str:
    """Return what a value of this name may be."""
    if IS_NUMBER.fullmatch(name):
        return NUMBER
    return ".+?" if name in LONG else r"(?!\+ )[^;]+?"
