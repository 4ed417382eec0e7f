"""What is tried: the cases.

`case.py` says what a case is. `lines.py`, `fields.py`, `framing.py` and `connection.py`
have those that need only bytes, and `groups.py` lists them. `clients.py` has those of
slow clients and of clients that leave. `chosen.py` lists what any server of a page must
pass, and what the RFC says about it.

May import: no other folder.
"""
