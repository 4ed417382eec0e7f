"""Charts, each in a module of its own.

`user_curves.py` and `ceiling.py` are shared by some. `cell.py` is the chart of one run;
the others are of many.

May import: record, diagnosis, rows, tables, drawing.
"""
