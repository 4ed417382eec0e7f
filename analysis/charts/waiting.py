"""What users waited for: a bar per row, divided among the parts.

Rules of this module:
- There is a panel per experiment, with rows in the order of the table. All bars have
  the same length. The seconds that a row's users waited stand to the right.
- Parts are in the order of `limits.PARTS`, filled as in `style.FILLS`. A part has its
  per cent if there is room.
- A row whose users did not wait has a dash and no bar.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.drawing.frame import entitle, say
from analysis.drawing.row_labels import RowLabels, row_labels
from analysis.drawing.style import FILLS, Fill, figure
from analysis.drawing.words import word
from analysis.rows.cells import Cell
from analysis.rows.groups import Group, grouped
from analysis.rows.settings import show
from analysis.tables.waited import OF_ALL, Waited, meaning, percent, shown_parts, waited

BAR_IN = 6.0  # the width of a whole bar
SECONDS_IN = 1.2  # to the right of it
LEAST_IN = 0.42  # the width of a segment with room for its per cent
ROW_IN, PANEL_IN = 0.3, 0.55  # the height of a row, and of what is around a panel's
HEIGHT = 0.62  # of a bar, in rows
Row = tuple[Group, Waited | None]


def draw(cells: Sequence[Cell]) -> Figure:
    """Return the chart of all cells, the repeats of a row together."""
    names = list(dict.fromkeys(cell.experiment for cell in cells))
    panels: dict[str, list[Row]] = {}
    for name in names:
        groups = grouped([cell for cell in cells if cell.experiment == name])
        panels[name] = [(group, waited(group)) for group in groups]
    every = [row for rows in panels.values() for row in rows]
    parts = shown_parts(row for _, row in every)
    labels = [row_labels([g.label for g, _ in rows]) for rows in panels.values()]
    width = max(each.wide_in for each in labels) + BAR_IN + SECONDS_IN
    heights = [each.high_in(ROW_IN) + PANEL_IN for each in labels]
    picture = figure(width, 0.4 + sum(heights))
    axes = picture.subplots(
        len(panels), height_ratios=heights, sharex=True, squeeze=False
    )
    for panel, (name, rows), named in zip(
        axes[:, 0], panels.items(), labels, strict=True
    ):
        panel.set_title(name)
        _bars(panel, rows, parts)
        _name(panel, named)
    axes[-1, 0].set_xlabel(word("axis.share"))
    entitle(
        picture,
        word("title.waiting"),
        [f"{OF_ALL}.", " ".join(_signs(every))],
        handles=[Patch(label=meaning(part), **FILLS[part].look) for part in parts],
        columns=_legend_columns(width, parts),
    )
    return picture


def _signs(rows: Sequence[Row]) -> list[str]:
    repeated = any(group.runs > 1 for group, _ in rows)
    return [word("waiting.signs"), *([word("waiting.repeats")] if repeated else [])]


def _bars(axes: Axes, rows: Sequence[Row], parts: Sequence[str]) -> None:
    for place, (_, row) in enumerate(rows):
        left = 0.0
        shares = row.shares if row else {}
        for part in parts:
            if share := shares.get(part):
                _segment(axes, place, (left, share), FILLS[part])
                left += share
        axes.annotate(
            f"{show(row.seconds, 0)} s" if row else show(None),
            (1.0, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda share, _: percent(share))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    if not any(row for _, row in rows):
        say(axes, word("empty.waited"))


def _name(axes: Axes, labels: RowLabels) -> None:
    axes.set_yticks(range(len(labels.texts)), labels.texts)
    axes.set_ylim(len(labels.texts) - 0.4, -0.6)  # from the top, as in the table


def _segment(axes: Axes, place: int, span: tuple[float, float], fill: Fill) -> None:
    left, share = span
    axes.barh(place, share, left=left, height=HEIGHT, **fill.look)
    if share * BAR_IN < LEAST_IN:
        return
    axes.text(
        left + share / 2,
        place,
        percent(share),
        ha="center",
        va="center",
        fontsize=8,
        color=fill.ink,
        # Without this the hatch would run through the figures.
        bbox={"facecolor": fill.colour, "edgecolor": "none", "pad": 1.2},
    )


def _legend_columns(width: float, parts: Sequence[str]) -> int:
    """Return how many columns of a legend fit beside each other."""
    longest = max((len(meaning(part)) for part in parts), default=0)
    return max(1, int(width / (0.6 + 0.062 * longest)))
