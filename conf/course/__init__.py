"""What the tables of a class need beside its cells.

`settings.py` has the settings of a class, `rule.py` the rule of marks that the teacher
writes, `submitted.py` the files of each submission, and `delivered.py` when each was
handed in. `course.py` puts all of it together, as the text of a file beside the list of
cells (`plan/matrix_files.py`).

May import: compose, validate.
"""
