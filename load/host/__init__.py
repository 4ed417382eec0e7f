"""This host, which a run has for itself and leaves as it was.

Processes are started and ended, limits raised, and the lock of all runs is held.
Runs around Locust, in the runner.

May import: no other folder.
"""
