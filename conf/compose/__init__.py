"""From what was asked for to the composed settings of cells. It alone knows Hydra.

`choices.py` says what can be chosen of each group, `studies.py` what a study holds,
`submissions.py` and `submission_names.py` what the folder of a class holds.
`overrides.py` and `grammar.py` read overrides, and `composition.py` composes a cell of
what `repository.py` has read.

May import: validate.
"""
