"""What becomes of a request that has finished: the record, and the end of a run.

The measured path: it runs inside Locust, in one process or in several.

May import: host, client, users.
"""
