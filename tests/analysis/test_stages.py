"""Nothing in `analysis/` is too long to be read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import analysis
from tests.stages import Part

ANALYSIS = Part(Path(analysis.__file__).parent)
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 250, 40


@pytest.mark.parametrize("path", ANALYSIS.modules)
def test_a_file_and_a_function_are_soon_read(path: str) -> None:
    code = (ANALYSIS.root / path).read_text()
    assert len(code.splitlines()) <= MOST_LINES
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION
    }
    assert not long
