"""The catalogue of words: each is there, is used, and is in all languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis import texts
from analysis.catalogue import all_comparisons
from analysis.texts import catalogue, listed, number, say, speaking

ROOT = Path(__file__).parents[2] / "analysis"
MODULES = sorted(ROOT.rglob("*.py"))
TEMPLATES = sorted(ROOT.rglob("*.jinja"))
ASKED = re.compile(r'\bsay\("([^"]+)"')
LEAST = 5  # letters of a pattern that are given, so that it does not fit everything


def strings(code: str) -> Iterator[str]:
    """Yield the pattern of each text in code; a value in it may be anything."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
                for part in node.values
            ]
            if sum(len(part) for part in parts if part != ".+") >= LEAST:
                yield "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)


def values(entry: str | dict[str, str]) -> set[str]:
    """Return the names of the values in an entry."""
    each = entry.values() if isinstance(entry, dict) else [entry]
    fields = (string.Formatter().parse(str(text)) for text in each)
    return {name for found in fields for _, name, _, _ in found if name}


def test_what_is_said_is_in_the_catalogue() -> None:
    asked = {
        key
        for path in (*MODULES, *TEMPLATES)
        for key in ASKED.findall(path.read_text())
        if "{" not in key
    }
    assert len(asked) > 50
    assert asked - set(catalogue(texts.ENGLISH)) == set()


def test_what_is_in_the_catalogue_is_said() -> None:
    asked = {
        re.escape(key) for path in TEMPLATES for key in ASKED.findall(path.read_text())
    }
    patterns = asked.union(*(strings(path.read_text()) for path in MODULES))
    said = re.compile("|".join(sorted(patterns, key=len)))
    unused = [key for key in catalogue(texts.ENGLISH) if not said.fullmatch(key)]
    assert unused == []


def test_each_comparison_that_is_drawn_or_read_has_a_title() -> None:
    """One that somebody adds is called by its name; those of the project are not."""
    for comparison in all_comparisons():
        if "{" not in comparison.name and (comparison.draw or comparison.markdown):
            assert f"comparison.{comparison.name}.title" in catalogue(texts.ENGLISH)


@pytest.mark.parametrize("language", texts.languages())
def test_each_language_has_the_same(language: str) -> None:
    english, other = catalogue(texts.ENGLISH), catalogue(language)
    assert set(other) == set(english)
    for key, entry in other.items():
        assert values(entry) <= values(english[key]) | {"count"}, key


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words(path: Path) -> None:
    text = re.sub(r"\{[#%{].*?[#%}]\}|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
    assert re.findall(r"[^\W\d]{2,}", text) == []


def test_a_text_depends_on_its_count() -> None:
    assert say("title.many", count=1) == "1 server under load"
    assert say("title.many", count=7) == "7 servers under load"


def test_lists_and_numbers() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"])] == ["", "a", "a and b"]
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [number(2), number(10), number(1234)] == ["two", "ten", "1,234"]


def test_a_language_is_spoken_in_its_block_alone() -> None:
    with speaking("en"):
        assert texts.language() == "en"
    with pytest.raises(FileNotFoundError), speaking("tlh"):
        say("list.last", others="a", last="b")
    assert texts.language() == texts.ENGLISH
