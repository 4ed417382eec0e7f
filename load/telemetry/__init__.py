"""What is read of the host, the server and Locust while a run lasts, and around it.

Runs around Locust, in the runner, on the core of Locust.

May import: host, network.
"""
