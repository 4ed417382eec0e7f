"""What a server answers: bytes in, steps out. Nothing here has a socket or blocks.

`steps.py` says what an application asks of an architecture. There are two applications.
One is HTTP: `http.py`, with `head.py`, `body.py` and `uri.py` for the parts of a
request, `pages.py` for the page that is served, and `render.py`, which makes it. The
other is `attendance.py`: a code on a line, and an answer.

May import: no other folder.
"""
