"""What limited one run: what was full, and what its users waited for meanwhile.

`levels.py` measures how full everything was in each slice of the run. `blame.py`
decides what a request waited for in a slice. `waiting.py` adds these waits up.
`verdict.py` and `causes.py` draw their conclusions from the sums and from
`evidence.py`. `summary.py` puts it all together, and `result.py` writes it as JSON.

May import: record.
"""
