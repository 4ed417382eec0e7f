"""The page as a WSGI and as an ASGI application, for servers of other people.

PAGE_FILE holds the page; KEEP_ALIVE=False asks an ASGI server to close after each
response. Under WSGI that is the server's own affair (PEP 3333).
"""

import os
from pathlib import Path

PAGE = Path(os.environ["PAGE_FILE"]).read_bytes()
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(PAGE))),
]
ASGI_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
if os.environ.get("KEEP_ALIVE") == "False":
    ASGI_HEADERS.append((b"connection", b"close"))


def wsgi(environ, start_response):
    start_response("200 OK", HEADERS)
    return [PAGE]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        start = {"type": "http.response.start", "status": 200, "headers": ASGI_HEADERS}
        await send(start)
        await send({"type": "http.response.body", "body": PAGE})
