"""Connections that nobody uses, beside the users': they are opened and held.

A process of its own, and the runner's side of it.

May import: host.
"""
