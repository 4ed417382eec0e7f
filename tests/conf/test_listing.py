"""What can be chosen is listed, with what it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conf import listing

FILES = [path for group in listing.LISTED for path in listing.listed(group)]


@pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_choice_says_what_it_is(path: Path) -> None:
    said = listing.sentence(path)
    assert said and len(said) <= listing.WIDTH and "@" not in said


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    listing.main()
    lines = capsys.readouterr().out.splitlines()
    assert {line for line in lines if line and line[0] != " "} == {
        f"{group}=" for group in listing.LISTED
    }
    assert sum(line.startswith("  ") for line in lines) == len(FILES)
    assert not any("TEMPLATE" in line or "NAME" in line for line in lines)


def test_an_output_that_is_full_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit, match="firstfail: cannot write the st"):
            listing.main()


TEXTS = {
    "its comment": ("# One thing.\n# Another.\nkind: a\n", "One thing"),
    "a directive": ("# @package _global_\n# One\n# thing\nkind: a\n", "One thing"),
    "behind its first line": ("kind: a # one thing\n", "one thing"),
    "its source": (
        "command: a\nsources: [servers/__main__.py, servers/select.py]\n",
        "One process that watches all its sockets with select(2)",
    ),
    "nothing": ("command: a\nsources: [none/at_all.py]\n", ""),
}


@pytest.mark.parametrize("text, said", TEXTS.values(), ids=TEXTS)
def test_where_it_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    assert listing.sentence(tmp_path / "mine.yaml") == said


SOURCES = {
    "whole": (b'"One thing."', "One thing"),
    "in another encoding": (b'# coding: latin-1\n"One th\xefng."', "One th\u00efng"),
    "not as it says": (b'"One th\xefng."', ""),
    "in the middle of an edit": (b'"One thing."\ndef serve(:', ""),
    "a null byte": (b'"One thing."\0', ""),
}


@pytest.mark.parametrize("code, said", SOURCES.values(), ids=SOURCES)
def test_a_source_that_python_cannot_read_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: bytes, said: str
) -> None:
    monkeypatch.setattr(listing, "ROOT", tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "server.py").write_bytes(code)
    choice = tmp_path / "mine.yaml"
    choice.write_text("command: a\nsources: [mine/server.py]\n")
    assert listing.sentence(choice) == said


def test_the_server_in_the_readme_says_what_it_is(tmp_path: Path, root: Path) -> None:
    text = (root / "README.md").read_text()
    (tmp_path / "mine.yaml").write_text(text.partition("```yaml\n")[2])
    assert listing.sentence(tmp_path / "mine.yaml") == "My server"
