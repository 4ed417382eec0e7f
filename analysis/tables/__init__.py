"""The tables, and the figures that tables and charts share.

There is a module for each kind of table, and for each kind of note below it. A chart
draws what its table has: `idle.py`, `switches.py` and `waited.py` compute it for both.

May import: record, rows.
"""
