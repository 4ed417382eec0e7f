"""What the docs name exists: folders and files, settings, columns, commands."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conf.schema import Cell
from docs.kept import ROOT
from docs.regions import pages

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = [CONTRIBUTING, *pages(ROOT)]
MADE = {"outputs", "students"}  # not in git
PARTS = (
    "analysis|benchmarks|conf|conformance|contract|docs|gate|load|peers|profiles|"
    "servers|tests"
)
PATH = re.compile(rf"`((?:{PARTS})/[\w./*-]*)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
# A name for the reader to replace, and a server of the reader's own.
PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b(?!\.(?:md|yaml))|\b(?:mine|yours)\b|students/")
GROUPS = ("experiment", "impl", "load", "network", "page", "server")
SETTING = re.compile(rf"(?:`|{{)({'|'.join(GROUPS)})\.(?!py|log)([a-z][a-z_0-9]+)")
TARGET = re.compile(r"`make ([a-z]+)[` ](?!HOST)|^make ([a-z]+)(?: |$)", re.M)
# A name in capitals, with the module that it is in.
CONSTANT = re.compile(
    r"`([A-Z][A-Z_]+)`\s+(?:(?:in|of)\s+\[?|\()`([\w/]+/\w+\.py)`"
    r"|\[`([A-Z][A-Z_]+)`\]\((?:\.\./)*([\w/]+/\w+\.py)\)"
)


def trees() -> Iterator[tuple[str, list[str]]]:
    """Yield the folders that CONTRIBUTING draws, each with the names below it."""
    for block in re.findall(r"```text\n(.*?)```", CONTRIBUTING.read_text(), re.S):
        for tree in re.split(r"^(?=\w+/$)", block, flags=re.M):
            folder, _, below = tree.partition("/\n")
            if names := re.findall(r"^[├└]── (\S+)", below, re.M):
                yield folder, names


@pytest.mark.parametrize("folder, names", list(trees()))
def test_a_tree_is_the_folder(folder: str, names: list[str]) -> None:
    there = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / folder).iterdir()
        if not path.name.startswith((".", "__init__", "__pycache__"))
    }
    drawn = {name for name in names if "*" not in name}
    patterns = [name for name in names if "*" in name]
    others = {name for name in there if any(Path(name).match(p) for p in patterns)}
    assert drawn <= there
    assert there - others <= drawn


def test_each_folder_on_top_has_a_line() -> None:
    table = CONTRIBUTING.read_text().partition("| place |")[2].partition("\n\n")[0]
    first = "".join(line.split("|")[1] for line in table.splitlines()[2:])
    named = {name.rstrip("/") for name in re.findall(r"`([^`]+)`", first)}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages | {"peers", "profiles/default", "tests"} <= named
    assert [name for name in named - MADE if not list(ROOT.glob(name))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [name for name in PATH.findall(text) if not PLACEHOLDER.search(name)]
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []
    links = [link for link in LINK.findall(text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_constants(page: Path) -> None:
    for found in CONSTANT.finditer(page.read_text(encoding="utf-8")):
        name, module = filter(None, found.groups())
        assert re.search(rf"^{name}\b.* = ", (ROOT / module).read_text(), re.M), module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings(page: Path) -> None:
    known = {
        name: {field.name for field in dataclasses.fields(getattr(Cell(), name))}
        for name in GROUPS
    }
    text = page.read_text(encoding="utf-8")
    assert [
        f"{group}.{name}"
        for group, name in SETTING.findall(text)
        if name not in known[group]
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    modules = re.findall(rf"python -m ((?:{PARTS})[\w.]*)", text)
    files = [ROOT / module.rstrip(".").replace(".", "/") for module in modules]
    assert [
        str(path)
        for path in files
        if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists()
    ] == []
    made = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    assert {first or second for first, second in TARGET.findall(text)} <= {*made}
