"""What one run recorded, read and counted.

`config.py`, `run_files.py` and `readings.py` read the files of a run, and
`measurement.py` puts them together. `definitions.py` defines failure, first failure,
users and RPS. `onset.py` and `capacity.py` define what a search finds, and `phases.py`
the phases of a request. `aggregates.py` makes tables of a record, and `stretches.py`
finds the greatest of what overlaps.

May import: no other folder.
"""
