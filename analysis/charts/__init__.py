"""Charts, each in a module of its own, and how all of them look.

`style.py` holds colours, sizes and how a picture is written, `line_labels.py` and
`user_curves.py` what charts of lines share. `cell.py` is the chart of one run; the
others are of many.

May import: record, diagnosis, rows, tables.
"""

PICTURES = (".svg", ".png")  # the files of each
