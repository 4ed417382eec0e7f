"""What is wrong with settings, in one line that says what would be right.

`yaml_files.py` and `texts.py` look at what a file says, `bounds.py` at each setting,
`cell.py` at all settings of a cell together, `commands.py` at commands and paths.
`suggestions.py` has the names that may have been meant.

May import: no other folder.
"""
