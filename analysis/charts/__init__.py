"""Charts, each in a module of its own, and how all of them look.

`style.py` defines colours and sizes, and writes pictures. `line_labels.py` and
`user_curves.py` are shared by charts of lines. `cell.py` is the chart of one run; the
others are of many.

May import: record, diagnosis, rows, tables.
"""

PICTURES = (".svg", ".png")  # the files of each
