"""The sheet of grades of a class, for a spreadsheet.

`marks.py` gives points by the teacher's rule, `sheet.py` makes a row of each
submission, and `spreadsheet.py` writes it so that no text in it is a formula.

May import: rows, tables.
"""
