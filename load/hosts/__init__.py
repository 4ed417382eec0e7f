"""The other hosts of a run, as the runner sees them: it speaks with an agent on each.

How it works, in ten lines:
1. For each host the runner starts `python -m load.agent` there, by OpenSSH, or by srun
   in a job of Slurm (`destination.py`, `nodes.py`). The two speak lines of JSON over
   its input and output (`lines.py`, `agent.py`), and no port is opened for it.
2. An agent does there what a runner does here: it holds the lock of its host, stands
   guard, raises limits, and starts processes in the environment of a run.
3. The end of its input, or a long silence, ends the agent and all that it has started.
4. Before a run the code and the versions of all hosts are compared (`sameness.py`).
   The code is brought to them where that is asked for (`bringing.py`).
5. The server's agent starts, checks, reads and stops the server (`remote_server.py`).
6. The agents of the load each start some workers of Locust, whose master is beside the
   runner (`workers.py`). So counting and the record are those of several processes.
7. Each host has a monotonic clock of its own. Its distance to the runner's is the least
   of 20 round trips, before the load and after it (`clock.py`).
8. Workers send times of the runner's clock; readings are corrected by the runner.
9. Readings of all hosts become the rows of one `telemetry.csv` (`merged.py`).
10. What is wrong is one line that begins with the host.

May import: host, telemetry, sides.
"""
