"""Which cells of both sides are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gate.sides import BASE, HEAD, Side, pairs
from gate.unpaired import known, not_comparable, notes


def cell(impl: str, repeat: int = 1, **page: Any) -> dict[str, Any]:
    return {
        **{"impl": {"name": impl, "command": ""}, "users": 5, "repeat": repeat},
        **{"page": {"name": "static", **page}, "code": {"server": "a"}, "key": "0"},
    }


def side(name: str, *cells: dict[str, Any]) -> Side:
    named = {f"{name}-{number}": each for number, each in enumerate(cells)}
    labels = {folder: each["impl"]["name"] for folder, each in named.items()}
    return Side(name, Path(), named, labels)


def test_a_pair_differs_in_its_server_alone() -> None:
    base = side(BASE, cell("single"), cell("select", 1), cell("select", 2))
    changed = cell("select", 2, command="another", sources=["a"])
    changed |= {"code": {"server": "b"}, "key": "1"}
    changed["impl"] = {"name": "select", "command": "another"}
    head = side(HEAD, changed, cell("select", 1))
    found = pairs(base, head)
    assert [pair.cell for pair in found] == [
        {BASE: "base-2", HEAD: "head-0"},
        {BASE: "base-1", HEAD: "head-1"},
    ]
    assert [pair.repeat for pair in found] == [2, 1]
    assert found[0].label == "select"


def test_repeats_are_one_row() -> None:
    cells = [cell("select", 1), cell("select", 2), cell("single", 1)]
    rows = [pair.row for pair in pairs(side(BASE, *cells), side(HEAD, *cells))]
    assert rows[0] == rows[1] != rows[2]


def test_what_the_base_lacks_is_noted(tmp_path: Path) -> None:
    """What only the base has was not asked for."""
    base, head = side(BASE, cell("single")), side(HEAD, cell("new"), cell("select"))
    assert list(notes(base, head)) == ["the base has no new, select: not compared"]
    assert not_comparable(base, head, pairs(base, head)) == []
    for name in ("conf/impl/select.yaml", "students/ada/server.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    asked = ["new", "select", "students/ada", "students/bob"]
    assert known(asked, tmp_path) == ["select", "students/ada"]


def test_other_settings_are_not_compared() -> None:
    base = side(BASE, cell("select"), cell("single"))
    head = side(HEAD, cell("select", bytes=3000), cell("single"))
    found = pairs(base, head)
    assert [pair.label for pair in found] == ["single"]
    assert list(notes(base, head)) == []
    [row] = not_comparable(base, head, found)
    assert (row["label"], row["verdict"]) == ("select", "not comparable")
