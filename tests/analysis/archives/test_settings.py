"""Whatever a setting of an archive is: it is refused, or all tables are made."""

from __future__ import annotations

import copy
import functools
import gzip
import json
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.archives import form
from analysis.archives.opening import NAME, opened
from analysis.files import DataError
from analysis.outputs import write_tables
from analysis.rows.matrix import Matrix
from contract import record
from tests.analysis.archives.made import sealed, zipped
from tests.analysis.golden import RECORDS

# One of each rule by which runs end, with idle connections, and without an onset.
KEPT = ("capacity-single", "burst-select-kept-idle", "stray")
MISSING = "that this setting is missing"
VALUES = (
    st.none() | st.booleans() | st.integers(-2, 10**15) | st.floats(0, 1e15) | st.text()
)
ANY = st.recursive(
    VALUES | st.sampled_from(["auto", "x", "{0.x}{y", "a b", MISSING]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)
# Settings that were formatted as numbers, whatever they were.
ODD = (("page", "cpu_ms"), ("experiment", "start_users"), ("experiment", "onset_s"))


@functools.cache
def files(kept: str) -> dict[str, bytes]:
    """Return the files of an archive of one kept record, of which nothing is shown."""
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(RECORDS / f"{kept}.tar.xz") as packed:
            packed.extractall(name, filter="data")
        contents = {path.name: path.read_bytes() for path in Path(name).iterdir()}
    contents[form.RESULT] = b"{}"
    contents[record.REQUESTS + form.PACKED] = gzip.compress(contents[record.REQUESTS])
    cell = f"{form.RUNS}/{kept}"
    listed = {"version": form.VERSION, "firstfail": "0", "cells": [cell]}
    return {
        form.CRATE: b"{}",
        form.CONTENTS: json.dumps(listed).encode(),
        **{f"{cell}/{name}": contents[name] for name in form.OF_CELL},
    }


def paths(settings: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the names of all settings, and of their groups."""
    for name, value in settings.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, *path) for path in paths(value))


def changed(settings: dict[str, Any], path: tuple[str, ...], value: Any) -> Any:
    """Return settings of which one is another."""
    made = copy.deepcopy(settings)
    *groups, name = path
    group = functools.reduce(lambda node, each: node[each], groups, made)
    group[name] = value
    if value == MISSING:
        del group[name]
    return made


@settings(max_examples=50, derandomize=True)
@given(data=st.data(), kept=st.sampled_from(KEPT))
def test_any_value_is_refused_or_shown(data: st.DataObject, kept: str) -> None:
    known = yaml.safe_load(files(kept)[f"runs/{kept}/config.yaml"])
    path = data.draw(st.sampled_from([*ODD, *paths(known)]))
    show(kept, changed(known, path, data.draw(ANY)))


def test_settings_that_were_formatted_are_refused_or_shown() -> None:
    for kept in KEPT:
        known = yaml.safe_load(files(kept)[f"runs/{kept}/config.yaml"])
        for path in ODD:
            for value in ("x", ["a"], None):
                show(kept, changed(known, path, value))


def show(kept: str, config: dict[str, Any]) -> None:
    """Open an archive with these settings and make its tables, if it is not refused."""
    text = yaml.safe_dump(config).encode()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.zip"
        path.write_bytes(
            zipped(sealed({**files(kept), f"runs/{kept}/config.yaml": text}))
        )
        try:
            with opened(path) as outputs:
                matrix = Matrix.read(outputs / "matrices" / NAME / "matrix.json")
                write_tables(matrix, Path(name) / "tables")
        except DataError as error:
            assert "\n" not in str(error) and " is refused: " in str(error)
