"""The tables and charts of a matrix: a module each.

A module has

- `NAME`, of its files; with `{experiment}` in it there is one of each experiment;
- `applies(configs)`: whether there is one of cells with these configurations;
- what it makes of a `Matrix`, one or more of them: `table(matrix)`, a DataFrame that
  becomes `tables/NAME.csv`; `markdown(matrix)`, text that becomes `tables/NAME.md`;
  `draw(matrix)`, a figure that becomes `charts/NAME.svg` and `.png`.

Nothing else knows of it: `catalogue.py` finds it here, for Snakemake and for what
writes the files.

Rules of these modules:
- The head of a module, and `applies`, need nothing but the standard library: they are
  loaded by each dry run. What computes and draws is imported where it is called.
- `table` and `markdown` are asked for cells that could not be measured, too; `draw`
  is not where none was, and a picture says so instead.

May import: rows, tables, charts.
"""
