"""The server's side of a run: one interface, and what stands behind it on this host.

Runs around Locust: in the runner, or in the agent of another host.

May import: host, network, server, telemetry.
"""
