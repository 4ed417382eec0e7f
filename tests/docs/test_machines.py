"""The page of many machines shows what their archives show."""

from __future__ import annotations

from analysis.archives.collection import page
from docs.kept import ROOT, read


def test_the_page_is_that_of_its_archives() -> None:
    assert page(ROOT / "docs" / "machines") == read("machines/machines.md", ROOT)
