"""The pages as they are: what they show is what is kept, and all of it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.kept import KEPT, MEASURED, ROOT, measured
from docs.regions import filled, pages, used


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: page.name)
def test_regions_hold_what_is_kept(page: Path) -> None:
    """A figure was edited by hand, or kept anew: `make docs` puts it right."""
    assert page.read_text(encoding="utf-8") == filled(page, ROOT)


def test_all_that_is_kept_is_shown() -> None:
    folder = ROOT / KEPT
    kept = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert kept == used(ROOT)


def test_each_study_says_where_it_was_measured() -> None:
    """And no sentence does so by hand."""
    for study in (ROOT / KEPT).iterdir():
        found = measured(study.name, ROOT)
        assert found["command"].startswith(("make", "python -m benchmarks.", "perf "))
    for page in pages(ROOT):
        text = re.sub(r"<!-- measured: .*?<!-- end -->", "", page.read_text("utf-8"))
        assert not re.search(r"cores of an? (Intel|AMD)", text), page.name


def test_links_within_the_docs_lead_somewhere() -> None:
    for page in pages(ROOT):
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_study_has_a_table_or_a_picture() -> None:
    named = {name.partition("/")[0] for name in used(ROOT) if MEASURED not in name}
    assert named == {study.name for study in (ROOT / KEPT).iterdir()}
