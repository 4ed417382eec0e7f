"""The users: what they ask, how they think, how they join.

The measured path: it runs inside Locust. But for `lead.py`, which the runner reads as
well, nothing else loads it.

May import: client.
"""
