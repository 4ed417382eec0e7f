"""What a report says of an architecture: its docstring, or the translation of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.architectures.explanations import (
    TRANSLATIONS,
    digest,
    docstring,
    explanation,
    of_docstring,
)
from analysis.texts import speaking
from tests.analysis.english import OTHERS

ROOT = Path(__file__).parents[3]
OURS = sorted(path.stem for path in (ROOT / "servers").glob("[!_]*.py"))


@pytest.mark.parametrize("name", OURS)
def test_each_architecture_says_how_it_works(name: str) -> None:
    parts = explanation([f"servers/{name}.py"], ROOT)
    assert {"title", "how", "fits", "limits"} <= set(parts)
    assert not any("\n" in part for part in parts.values())


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("into", OTHERS)
def test_each_translation_is_of_the_present_docstring(into: str, name: str) -> None:
    """Else it would explain what the server did before."""
    text = docstring(ROOT / f"servers/{name}.py")
    entry = yaml.safe_load((TRANSLATIONS / f"{into}.yaml").read_text("utf-8"))[name]
    assert entry["of"] == digest(text), f"{name}: translate it anew"
    assert set(entry) - {"of"} == set(of_docstring(text)) - {"reference"}


def test_a_translation_takes_the_place_of_all_but_references() -> None:
    english = explanation(["servers/select.py"], ROOT)
    with speaking("ko"):
        korean = explanation(["servers/select.py"], ROOT)
    assert korean["how"].startswith("블록되는 호출은 `select` 하나뿐이다.")
    assert korean["reference"] == english["reference"]


def test_a_changed_docstring_is_not_translated(tmp_path: Path) -> None:
    text = (ROOT / "servers/select.py").read_text()
    (tmp_path / "select.py").write_text(text.replace("How: only", "How: just"))
    with speaking("ko"):
        assert explanation(["select.py"], tmp_path)["how"].startswith("just one call")


@pytest.mark.parametrize("text", ["", '"""A tool."""', "def (", "\x00"])
def test_other_sources_explain_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    assert explanation(["mine.py", "missing.py"], tmp_path) == {}
