"""What one run recorded, read and counted.

`config.py`, `run_files.py` and `readings.py` read the files of a run, and
`measurement.py` puts them together. `definitions.py` says what the words mean: failure,
first failure, users, RPS. `onset.py` and `capacity.py` do so for what a search finds,
`phases.py` for how far each request had come. `aggregates.py` has tables of a record.

May import: no other folder.
"""
