"""Many runs side by side: cells, the rows that they make, and how certain these are.

`matrix.py` reads the cells of a matrix. `settings.py` finds the settings in which they
differ. `groups.py` puts repeats together as rows. `figures.py` defines the figures of a
row. `statistics.py`, `ratios.py` and `pairs.py` say how certain a figure or a
difference is.

May import: record.
"""
