"""From records of runs to results, tables and charts.

Each step reads files and writes files. It does not know how they came about. Each
folder is a stage:

- `record/`: what one run recorded;
- `diagnosis/`: what limited it;
- `rows/`: many runs side by side;
- `tables/`, `charts/`: how they are shown;
- `comparisons/`: which tables and charts there are, a module each;
- `architectures/`: the code of servers: excerpts, explanations and drawings;
- `report/`: all of it in a form that a person opens.

Rules of the stages:
- The head of each stage lists the stages that it may import.
- Some modules beside the folders are for all stages, and import none of them:
  `files.py`, `plain_yaml.py`, `temporary.py`, `limits.py`, `configurations.py`,
  `texts.py`, `translation.py`. The others combine stages, and no stage imports them:
  `summarise.py` for one cell; `catalogue.py`, `outputs.py` and `shown.py` for the
  tables and charts of a matrix. The report alone uses the catalogue: it has whatever
  comparisons there are.
"""
