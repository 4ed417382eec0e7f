"""What the records say: definitions, tables and charts.

Each step goes from files to files and knows nothing of how they came about. Each folder
is a stage:

- `record/`: what one run recorded;
- `diagnosis/`: what limited it;
- `rows/`: many runs side by side;
- `tables/`, `charts/`: what is shown of them;
- `reports/`: the tables and charts that there are, a module each.

Rules of the stages:
- The head of each says which others it may import, and imports nothing else.
- What lies beside the folders is either for all stages and imports none of them
  (`files.py`, `limits.py`, `configurations.py`), or puts stages together, and then no
  stage imports it: `summarise.py` for one cell; `catalogue.py`, `outputs.py` and
  `shown.py` for the tables and charts of a matrix.
"""
