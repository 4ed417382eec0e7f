"""The tables and charts of a matrix: a module each.

A module has

- `NAME`, the name of its files; with `{experiment}` in it there is one per experiment;
- `applies(configs)`: whether it is made for cells with these configurations;
- one or more of: `table(matrix)`, which returns a DataFrame and becomes
  `tables/NAME.csv`; `markdown(matrix)`, which returns text and becomes
  `tables/NAME.md`; `draw(matrix)`, which returns a figure and becomes `charts/NAME.svg`
  and `.png`; `sheet(matrix)`, which returns a DataFrame and becomes `NAME.csv`, made
  for a spreadsheet;
- maybe `beside(matrix)`: pairs of passages for the report's page (`likeness/table.py`).

Nothing else has to be changed for a new one: `catalogue.py` finds it here, for the plan
and for what writes the files.

Rules of these modules:
- The head of a module, and `applies`, need only the standard library: each dry run
  loads them. What computes and draws is imported in the function that uses it.
- `table` and `markdown` are called even if no cell was measured. `draw` is not: then a
  picture says so instead.

May import: rows, tables, charts, grades, likeness.
"""
