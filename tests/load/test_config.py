"""A cell's configuration is read as it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from load.config import PARTS, read, read_config
from load.errors import CellError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@example(
    {"load": {"think_min_s": 0.00001}, "impl": {"environment": {"G": "\U0001f600"}}}
)
@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_json_is_read_as_json(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]
) -> None:
    """YAML 1.1 would read 1e-05 as text, and one character as two halves."""
    path = tmp_path_factory.getbasetemp() / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    assert read(path, [], "") == config


def test_a_kept_one_is_yaml(tmp_path: Path) -> None:
    config = {"load": {"think_min_s": 0.00001}, "name": "\U0001f600"}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config), "utf-8")
    assert read(path, ["load"], "") == config


@pytest.mark.parametrize("kind", ["JSON", "YAML"])
def test_what_is_neither_is_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"config.{kind.lower()}"
    path.write_text("{")
    with pytest.raises(CellError, match=f"{path} is not {kind}: ") as raised:
        read(path, [], "")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("part", ["app", "page"])
def test_a_cell_of_an_older_version_is_one_line(tmp_path: Path, part: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({name: {} for name in PARTS if name != part}))
    line = rf"config\.yaml is not a cell's configuration: it has no {part}; take the "
    with pytest.raises(CellError, match=line):
        read_config(path)
