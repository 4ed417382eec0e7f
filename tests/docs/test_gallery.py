"""The gallery: what its page shows is there, small, and explained; it can be drawn."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from docs import gallery
from docs.__main__ import main
from docs.kept import ROOT

MOST_BYTES = 3_000_000  # of all pictures and records


def test_all_that_it_shows_is_there_and_nothing_else() -> None:
    folder = ROOT / gallery.FOLDER
    shown = {
        f"{study}/{name}.png"
        for study, names in gallery.shown(ROOT).items()
        for name in names
    }
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert kept == shown
    records = {path.name for path in folder.glob(f"*{gallery.RECORDS}")}
    assert records == {f"{study}{gallery.RECORDS}" for study in gallery.shown(ROOT)}


def test_it_is_of_a_moderate_size() -> None:
    files = [path for path in (ROOT / gallery.FOLDER).rglob("*") if path.is_file()]
    pictures = [path for path in files if path.suffix == ".png"]
    assert sum(path.stat().st_size for path in pictures) < MOST_BYTES // 2
    assert sum(path.stat().st_size for path in files) < 1.2 * MOST_BYTES


def test_each_picture_has_words_on_how_to_read_it() -> None:
    text = (ROOT / gallery.PAGE).read_text(encoding="utf-8")
    after = re.split(r"!\[[^\]]+\]\([^)]+\)", text)[1:]
    assert len(after) >= 10
    for words in after:
        paragraph = words.strip().split("\n\n")[0]
        assert re.match(r"`(\w+)\.svg`", paragraph), paragraph
        assert len(paragraph.split()) > 20, paragraph


def test_each_chart_of_a_matrix_has_a_picture_in_the_docs() -> None:
    from analysis.catalogue import all_comparisons

    text = (ROOT / gallery.PAGE).read_text(encoding="utf-8")
    for comparison in all_comparisons():
        name = comparison.name.replace("{experiment}", "EXPERIMENT")
        assert not comparison.draw or f"`{name}.svg`" in text, name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / gallery.FOLDER).mkdir(parents=True)
    records = f"{gallery.FOLDER}/open_loop{gallery.RECORDS}"
    shutil.copyfile(ROOT / records, tmp_path / records)
    (tmp_path / "README.md").touch()
    (tmp_path / gallery.FOLDER / "earlier").mkdir()
    return tmp_path


def page(root: Path, *images: str) -> None:
    text = "\n".join(f"![a chart](gallery/{image}.png)" for image in images)
    (root / gallery.PAGE).write_text(text)


def test_it_is_drawn_by_one_command(root: Path) -> None:
    page(root, "open_loop/arrivals", "open_loop/burst-select-open")
    assert main(["gallery"], root) == 0
    made = {path.name for path in (root / gallery.FOLDER / "open_loop").iterdir()}
    assert made == {"arrivals.png", "burst-select-open.png"}
    assert not (root / gallery.FOLDER / "earlier").exists()


def test_records_that_are_not_there(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page(root, "nowhere/users")
    assert main(["gallery"], root) == 1
    said = capsys.readouterr().err
    assert "nowhere.tar.xz holds no records" in said
    assert said.count("\n") == 1
