"""What limited one run: what was full, and what its users waited for meanwhile.

`levels.py` says what was full in each slice of the run, `blame.py` what a wait was for
then, `waiting.py` what users waited for in all. `verdict.py` and `causes.py` conclude
from that, and from `evidence.py`. `summary.py` puts all that a run says together, and
`result.py` has it as JSON.

May import: record.
"""
