"""The gate: whether a change makes a server slower, as an exit status.

`python -m gate --base REF` checks the commit REF out into a worktree of its own,
measures the cells of both sides in turns on this machine, lets `python -m analysis
compare` compare them, and measures once more what looks worse.

Rules of this part:
- Both sides are measured by one instrument, that of this checkout: its runner, its
  analysis, its plan. Only servers and their settings are each side's own (`base.py`).
- It knows the other parts by their command lines. It imports what it would have to
  write again: which code measures, how a study begins, the trial of networks, and the
  line of a cell.
"""
