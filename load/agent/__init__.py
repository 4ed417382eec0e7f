"""The agent of a host: it does there what a run needs, and says what it sees.

`python -m load.agent` is started by the runner, on the server's host or on one of the
users'. `../hosts/` is the runner's end.

Rules of this folder:
- The runner calls, and gets one answer to each call. What an agent tells beside that
  are readings, a server that has died, and workers that were lost.
- The end of its input ends an agent, and so does a silence of the runner. It ends all
  that it has started, and removes all that it has written.
- One run at a time on a host: the agent holds the lock of its host while it lives.

May import: host, network, sides, telemetry, hosts.
"""
