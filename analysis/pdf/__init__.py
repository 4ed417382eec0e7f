"""The report as a PDF to hand in, with the chapters of the exercise.

- `document.py`: what a report says (`report/content.py`) in chapters, as blocks;
- `results.py`, `appendix.py`: its longer chapters;
- `elements.py`: the blocks that they are made of;
- `tables.py`: how a table fits a page;
- `pdf.py`: these blocks as a PDF, by typst and its templates, `report.typ` and
  `blocks.typ`.

Rules of this stage:
- No words are in code or in templates.

May import: drawing, rows.
"""
