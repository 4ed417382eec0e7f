"""What is measured: the settings, the matrix of cells, and the plan of what to do.

The YAML files are Hydra config groups: `experiment/` says what a run is and when it
ends, `impl/` how a server is started, `study/` which cells belong together. The folders
with Python are stages:

- `validate/`: what is wrong with settings, in one line;
- `compose/`: from what was asked for to composed settings, by way of Hydra;
- `plan/`: the cells, their keys, their order and their files.

`schema.py` has every setting with its type and bounds, `errors.py` the errors. All
stages use these two. The other modules here are used by the Snakefile or by make.
Nothing in conf knows how a cell is measured.
"""
