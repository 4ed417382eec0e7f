"""What is measured: the settings, their bounds, and the matrix of cells.

The YAML files are Hydra config groups: `experiment/` says what a run is and
when it ends, `impl/` how a server is started, `study/` which cells belong
together. `schema.py` gives every setting its type and bounds, `matrix.py`
expands what was asked for (`studies.py`, `overrides.py`) into cells, by way of Hydra
(`choices.py`, `composing.py`), `files.py` and `checks.py` say what is wrong with one,
and `sources.py` lets a cell's key know the code that it measures. `plan.py` says
what there is to do for what was asked for (`command_line.py`), `matrix_files.py` which
files of it are there. Nothing here knows how a cell is measured.
"""
