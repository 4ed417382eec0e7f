"""Two sets of results side by side: is the second one worse than the first?

`compare.py` does it all. `sides.py` and `commits.py` find the cells of each side, and
`results.py` reads them. `matching.py` finds the row of one side that is the same as a
row of the other. `comparable.py` says why two rows cannot be compared. `verdicts.py`
tests the others, `conformance.py` compares how servers conform to HTTP/1.1, and
`exits.py` has the exit status that follows. `markdown.py`, `json_file.py`, `junit.py`
and `chart.py` are the ways in which it is said.

May import: diagnosis, drawing, record, rows, tables.
"""
