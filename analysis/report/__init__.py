"""The report of a matrix: what a person opens.

`content.py` says what a report says, as plain data. `html.py` makes a page of it. The
sentences are in `answer.py`, `verdict.py` and `change.py`, their words in
`languages/` (`texts.py`).

Rules of this stage:
- A report is made of kept results. Nothing is measured. A record is read only for a
  chart in another language (`redrawn.py`).
- No words are in code or in templates.

May import: architectures, catalogue, charts, diagnosis, drawing, record, regressions,
rows, tables.
"""
