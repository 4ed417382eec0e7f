"""From records of runs to results, tables and charts.

Each step reads files and writes files. It does not know how they came about. Each
folder is a stage:

- `record/`: what one run recorded;
- `diagnosis/`: what limited it;
- `rows/`: many runs side by side;
- `tables/`, `drawing/`, `charts/`: how they are shown;
- `comparisons/`: which tables and charts there are, a module each;
- `grades/`, `likeness/`: the sheet of a class, and which of its submissions are alike;
- `regressions/`: whether one set of results is worse than another;
- `architectures/`: the code of servers: excerpts, explanations and drawings;
- `report/`, `pdf/`: all of it in a form that a person opens;
- `archives/`: all of it in one file, and what others have sent.

Rules of the stages:
- The head of each stage lists the stages that it may import.
- Some modules beside the folders are for all stages, and import none of them:
  `files.py`, `plain_yaml.py`, `temporary.py`, `limits.py`, `configurations.py`,
  `texts.py`, `translation.py`. The others combine stages: `summarise.py` for one cell;
  `catalogue.py`, `outputs.py` and `shown.py` for the tables and charts of a matrix.
  Two stages import of these: the report the catalogue, since it has whatever
  comparisons there are; and archives all but `shown.py`, since what is packed or opened
  is made anew.
"""
