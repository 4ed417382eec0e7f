"""What a person sees of a run while it lasts: a chart in a terminal, else plain lines.

In the runner. It is computed from the growing record, so it agrees with the record.

May import: no other folder.
"""
