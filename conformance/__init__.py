"""What HTTP/1.1 asks of a server: the cases, and how a server is tried with them.

`python -m conformance try CONFIG FOLDER` tries one implementation with the cases that
any server of a page must pass (`cases/chosen.py`), in the surroundings of a run. A
study does so once for each implementation and page. `python -m benchmarks.conformance`
tries all cases that need only bytes (`cases/groups.py`), on servers of its own.

- `client.py`: tries a case on a connection, and tells what it saw;
- `visit.py`: one case on a server that runs, and the next client after it;
- `trying.py`: all chosen cases, one after another, on a server that is started;
- `trial.py`: that, as a run: the lock, the guard, the finished folder;
- `result.py`: what is kept of it, and `shown.py`, what a person reads of it.

Rules of this part:
- It may import load, for the surroundings, and contract. No other part imports it.
- Its code is in the key of its results, and in that of no cell: a case may change, and
  no cell is measured again.
"""
