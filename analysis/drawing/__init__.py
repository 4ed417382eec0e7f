"""What all charts are drawn with: one style, one frame, one look for each server.

`style.py` defines fonts and fills, and writes pictures. `frame.py` writes what stands
around the panels, `words.py` has all that is said. `implementations.py` gives each
implementation its look. `line_labels.py`, `percentile_axis.py` and `density.py` are
shared by some charts. `nothing.py` is the picture where there is no chart. `hangul.py`
has the font of Korean charts and pages.

May import: record.
"""

PICTURES = (".svg", ".png")  # the files of each chart
