"""The network between users and server: namespaces, their link, addresses and ports.

Runs around Locust, in the runner.

May import: no other folder.
"""
