"""The server of a run: its command and folder, its process, the check of its page.

Runs around Locust, in the runner.

May import: host, network, client.
"""
