"""A small drawing of who accepts, waits and works, made of an architecture's facts.

Rules of this module:
- All drawings are of the same parts, at the same places and sizes: clients, the accept
  queue, who gets connections first, how they go on, and the workers. So two of them can
  be compared.
- What one does has a colour and a word. A process has a thick outline. Of what there
  are several, the outlines of others show behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from analysis.architectures.facts import OWN, QUEUE, Actor, Facts
from analysis.charts.style import figure
from analysis.texts import say

HEIGHT, MIDDLE = 1.66, 0.76  # inches; all parts are centred on the middle
CLIENTS, QUEUE_AT, FRONT = 0.35, 1.15, 2.2  # where these begin
WIDE, BETWEEN = 1.85, 0.95  # an actor, and the room between two
ROW, TITLE = 0.235, 0.38  # heights within an actor
CARD = 0.06  # from one outline to the next of several
CELL = 0.13
INK, LINE, PAPER = "#222222", "#555555", "#F4F4F4"
ROLES = {
    "accepts": ("#0072B2", "white"),
    "waits": ("#F2B134", "black"),
    "works": ("#00553D", "white"),
}


@dataclass(frozen=True)
class Place:
    """Where an actor is: its left side, and how high it is."""

    left: float
    high: float

    @property
    def right(self) -> float:
        return self.left + WIDE

    @property
    def bottom(self) -> float:
        return MIDDLE - self.high / 2


def draw(facts: Facts) -> Figure:
    """Return the drawing."""
    places, at = [], FRONT
    for actor in facts.actors:
        places.append(Place(at, TITLE + ROW * len(_roles(actor))))
        at += WIDE + BETWEEN
    picture = figure(places[-1].right + 0.3, HEIGHT)
    picture.set_layout_engine("none")
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, picture.get_figwidth()), ylim=(0, HEIGHT))
    axes.set_axis_off()
    _clients_and_queues(axes, 3 if facts.queues == OWN else 1, places[0])
    if not all(actor.is_process for actor in facts.actors):
        _process(axes, places)
    for actor, place in zip(facts.actors, places, strict=True):
        _actor(axes, actor, place)
    if len(places) == 2:
        _between(axes, facts, places)
    return picture


def describe(facts: Facts) -> str:
    """Return the same in a sentence, for those who do not see the drawing."""
    steps = [say("drawing.clients"), say("drawing.accept_queue")]
    for actor in facts.actors:
        roles = ", ".join(text for _, text in _roles(actor))
        name = ", ".join(filter(None, _names(actor)))
        if actor is facts.workers and facts.hands:
            steps.append(_handed(facts.hands))
        steps.append(f"{name} ({roles})")
    if facts.back:
        by = "queue" if facts.back == QUEUE else "call"
        steps.append(say(f"drawing.back.{by}", call=facts.back))
    return " → ".join(steps)


def _names(actor: Actor) -> tuple[str, str]:
    """Return what an actor is, and how many there are."""
    many = say(f"drawing.many.{actor.many}") if actor.many else ""
    return say(f"drawing.who.{actor.who}"), many


def _roles(actor: Actor) -> list[tuple[str, str]]:
    """Return what an actor does: the name of each role, and its words."""
    roles = [("accepts", say("drawing.accepts"))] if actor.accepts else []
    for name in ("waits_one", "waits_all"):
        if call := getattr(actor, name):
            roles.append(("waits", say(f"drawing.{name}", call=call)))
    if actor.works:
        roles.append(("works", say("drawing.works")))
    return roles


def _handed(what: str) -> str:
    return say("drawing.queue") if what == QUEUE else what


def _clients_and_queues(axes: Axes, queues: int, first: Place) -> None:
    """Draw clients, and the queue of the listening socket, or one for each worker."""
    apart = 0.2 if queues > 1 else 0.05  # ends of arrows
    for row in (-1, 0, 1):
        client, queue = MIDDLE + 0.28 * row, MIDDLE + apart * row
        axes.add_patch(Circle((CLIENTS, client), 0.085, fc="white", ec=INK))
        _arrow(axes, CLIENTS + 0.12, QUEUE_AT - 0.04, client, queue)
        if queues > 1 or row == 0:
            _cells(axes, QUEUE_AT, queue, 4)
            _arrow(axes, QUEUE_AT + 4 * CELL + 0.03, first.left - 0.03, queue, queue)
    _text(axes, CLIENTS, MIDDLE - 0.5, say("drawing.clients"))
    below = MIDDLE - (0.5 if queues > 1 else 0.3)
    _text(axes, QUEUE_AT + 2 * CELL, below, say("drawing.accept_queue"))


def _cells(axes: Axes, left: float, middle: float, count: int) -> None:
    for number in range(count):
        at = (left + number * CELL, middle - CELL / 2)
        axes.add_patch(Rectangle(at, CELL, CELL, fc="white", ec=INK, lw=0.8))


def _process(axes: Axes, places: list[Place]) -> None:
    """Draw the one process around threads, loops and greenlets."""
    left, right = places[0].left - 0.12, places[-1].right + 0.2
    high = max(place.high for place in places) / 2
    bottom, top = MIDDLE - high - 0.14, MIDDLE + high + 0.2
    _box(
        axes,
        left,
        bottom,
        right - left,
        top - bottom,
        fc=PAPER,
        ec=INK,
        lw=1.6,
        zorder=0,
    )
    _text(axes, left + 0.07, top + 0.085, say("drawing.who.process"), ha="left")


def _actor(axes: Axes, actor: Actor, place: Place) -> None:
    width = 1.6 if actor.is_process else 0.9
    for card in (2, 1, 0) if actor.several else (0,):
        left, bottom = place.left + card * CARD, place.bottom + card * CARD
        fill = PAPER if actor.is_process else "white"
        _box(axes, left, bottom, WIDE, place.high, fc=fill, ec=INK, lw=width)
    middle, top = place.left + WIDE / 2, place.bottom + place.high
    name, many = _names(actor)
    lift = 0.12 if many else 0.19
    _text(axes, middle, top - lift, name, weight="bold", size=8)
    if many:
        _text(axes, middle, top - 0.265, many, size=6.8)
    for row, (role, text) in enumerate(_roles(actor)):
        fill, ink = ROLES[role]
        bottom = top - TITLE - ROW * (row + 1) + 0.055
        at = (place.left + 0.07, bottom, WIDE - 0.14, ROW - 0.035)
        _box(axes, *at, fc=fill, ec="none", lw=0)
        _text(axes, middle, bottom + (ROW - 0.035) / 2, text, color=ink, size=7.2)


def _between(axes: Axes, facts: Facts, places: list[Place]) -> None:
    """Draw how a connection goes on, and what comes back."""
    left, right = places[0].right + 0.04, places[1].left - 0.04
    lift = 0.22 if facts.back else 0
    _hand(axes, facts.hands, left, right, MIDDLE + lift)
    if facts.back:
        _hand(axes, facts.back, right, left, MIDDLE - lift)


def _hand(axes: Axes, what: str, begin: float, end: float, height: float) -> None:
    middle = (begin + end) / 2
    if what == QUEUE:
        side = 1 if end > begin else -1
        half = 1.5 * CELL + 0.02
        _arrow(axes, begin, middle - side * half, height, height)
        _arrow(axes, middle + side * half, end, height, height)
        _cells(axes, middle - 1.5 * CELL, height, 3)
    else:
        _arrow(axes, begin, end, height, height)
    _text(axes, middle, height + 0.14, _handed(what), size=6.8)


def _arrow(
    axes: Axes, begin: float, end: float, at: float = MIDDLE, to: float = MIDDLE
) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 8}
    style |= {"shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch((begin, at), (end, to), color=LINE, lw=1, **style))


def _box(
    axes: Axes,
    left: float,
    bottom: float,
    wide: float,
    high: float,
    **look: Any,
) -> None:
    round_ = "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch((left, bottom), wide, high, round_, **look))


def _text(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    given: dict[str, Any] = {"ha": "center", "va": "center", "size": 7.2, "color": INK}
    axes.text(x, y, text, **given | look)
