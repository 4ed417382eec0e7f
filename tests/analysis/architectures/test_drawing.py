"""The drawing of who accepts, waits and works."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from analysis.architectures.drawing import describe, draw
from analysis.architectures.facts import Facts, declared, facts
from analysis.charts.style import lettering, svg
from analysis.texts import languages, speaking

ROOT = Path(__file__).parents[3]
OURS = sorted(path.stem for path in (ROOT / "servers").glob("[!_]*.py"))


def impl(name: str, **settings: Any) -> dict[str, Any]:
    return {"name": name, "worker": "", "submission": None, **settings}


@pytest.mark.parametrize("name", OURS)
def test_each_architecture_has_its_facts(name: str) -> None:
    """Somebody accepts, waits and works in each."""
    known = declared()[name]
    assert any(actor.accepts for actor in known.actors)
    assert any(actor.waits_one or actor.waits_all for actor in known.actors)
    assert any(actor.works for actor in known.actors)
    assert bool(known.hands) == (len(known.actors) == 2)


def test_all_that_has_facts_can_be_chosen() -> None:
    chosen = {path.stem for path in (ROOT / "conf/impl").glob("[a-z]*.yaml")}
    assert set(declared()) <= chosen


@pytest.mark.parametrize("language", languages())
def test_no_words_leave_their_box(language: str) -> None:
    with speaking(language), lettering():
        for name, known in declared().items():
            picture = draw(known)
            outside = [text for text, _ in _outside(picture)]
            assert not outside, (name, outside)


def _outside(picture: Figure) -> list[tuple[str, float]]:
    """Return the texts that lie over an edge of a box or of the picture."""
    renderer = FigureCanvasAgg(picture).get_renderer()  # type: ignore[no-untyped-call]
    [axes] = picture.axes
    boxes = [
        patch.get_window_extent(renderer)
        for patch in axes.patches
        if isinstance(patch, FancyBboxPatch)
    ]
    found = []
    for text in axes.texts:
        place = text.get_window_extent(renderer)
        over = [
            box
            for box in boxes
            if box.y0 < place.y0
            and place.y1 < box.y1  # beside it or in it
            and not (box.x0 <= place.x0 and place.x1 <= box.x1)
            and not (place.x1 < box.x0 or box.x1 < place.x0)
        ]
        whole = picture.bbox
        if over or place.x0 < whole.x0 or place.x1 > whole.x1:
            found.append((text.get_text(), place.x0))
    return found


def test_it_says_the_same_in_words() -> None:
    assert describe(declared()["multiprocess_join"]) == (
        "clients → accept queue → parent process (accepts) → fork() → child process, "
        "one at a time (waits for one: recv(), works) → join() comes back"
    )
    assert "results come back through a queue" in describe(declared()["event_pool"])


def test_the_same_facts_give_the_same_vector_graphics() -> None:
    one, other = (svg(draw(declared()["select"])) for _ in range(2))
    assert one == other
    assert ElementTree.fromstring(one).tag.endswith("svg")


def test_a_server_of_ones_own_is_drawn_by_what_its_settings_say() -> None:
    known = declared()
    assert facts(impl("mine")) is None
    assert facts(impl("mine", worker="thread")) is known["multithread"]
    assert facts(impl("select", submission="select")) is None
    assert facts(impl("select")) is known["select"]


@pytest.mark.parametrize("wrong", [{"font": {}}, {"front": {"who": "somebody"}}])
def test_a_wrong_fact_is_found(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Facts.of(wrong)
