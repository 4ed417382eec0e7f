"""What there is to do: the cells, their keys, their order and their files.

`matrix.py` expands what was asked for into cells, with keys made of their settings and
of their code (`sources.py`). `order.py` says which is measured first, `matrix_files.py`
which of their files there are, and `turn.py` that one study runs at a time. `plan.py`
puts all of it together.

May import: compose, course, validate.
"""
