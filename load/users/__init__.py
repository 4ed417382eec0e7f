"""The users: what they ask, how they think, how they join.

The measured path: it runs inside Locust. Only `lead.py` is loaded by the runner too.

May import: client.
"""
