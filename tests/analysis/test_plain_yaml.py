"""The parser in C reads what `yaml.safe_load` reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis import plain_yaml

ROOT = Path(__file__).parents[2]
FILES = [*ROOT.glob("conf/**/*.yaml"), *ROOT.glob("analysis/**/*.yaml")]


def test_it_reads_the_files_of_the_project_alike() -> None:
    assert len(FILES) > 50
    for path in FILES:
        text = path.read_text("utf-8")
        assert plain_yaml.load(text) == yaml.safe_load(text), path


@pytest.mark.parametrize(
    "text", ["", "1:30", "0o17", "off", "2026-11-29", "'é\\u0085'", "a: |\n  b\n\n"]
)
def test_it_reads_odd_values_alike(text: str) -> None:
    assert repr(plain_yaml.load(text)) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\n b: 2", "\x00", "*a", "!!python/object:x {}", "- a\nb: 1"]
)
def test_both_refuse_the_same(text: str) -> None:
    for load in (plain_yaml.load, yaml.safe_load):
        with pytest.raises(plain_yaml.Error):
            load(text)


@pytest.mark.parametrize("level", ["[", "{a: ", "- ", "? ", "-  ", "[- "])
def test_what_is_nested_too_deeply_is_refused(level: str) -> None:
    """The parser in C would crash at it."""
    with pytest.raises(plain_yaml.Error):
        plain_yaml.load(level * 100_000)
