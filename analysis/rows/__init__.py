"""Many runs side by side: cells, the rows that they make, and how sure these are.

`matrix.py` reads the cells of a matrix, `settings.py` says what tells them apart, and
`groups.py` puts repeats together as rows. `figures.py` has what is shown of a row.
`statistics.py`, `ratios.py` and `pairs.py` say how sure a figure is, and a difference.

May import: record.
"""
