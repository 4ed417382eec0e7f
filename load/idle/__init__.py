"""Connections that nobody uses, beside the users': they are opened and held.

Runs around Locust: a process that holds them, and the runner's side of it.

May import: host.
"""
