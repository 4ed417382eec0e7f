"""The report of a matrix: what a person opens.

`content.py` says what a report says, as plain data. `html.py` makes a page of it. The
sentences are in `answer.py`, `verdict.py` and `change.py`, their words in
`languages/` (`texts.py`).

Rules of this stage:
- A report is made of kept results alone. Nothing is measured, and no record is read.
- No words are in code or in templates.

May import: catalogue, charts, record, rows, tables.
"""
