"""Sentences of rows that are known: figures, ratios that are claimed, limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from analysis.report.answer import answer
from analysis.report.change import changes
from analysis.rows.cells import Cell
from tests.analysis.conftest import config
from tests.analysis.rows.test_repeats import ROW
