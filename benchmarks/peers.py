"""The page on other people's servers, as little as each asks for, for benchmarks.

`python -m benchmarks.peers http.server PORT` and `… fork PORT` start two that have no
command of their own: http.server's ThreadingHTTPServer, and a plain fork for each
connection, which reads once, answers and ends.
"""

from __future__ import annotations

import http.server
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parent.parent / "servers" / "page.html").read_bytes()
TYPE = "text/html; charset=utf-8"


def wsgi(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response(
        "200 OK", [("Content-Type", TYPE), ("Content-Length", str(len(PAGE)))]
    )
    return [PAGE]


async def asgi(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return  # no start-up, no lifespan
    headers = [
        (b"content-type", TYPE.encode()),
        (b"content-length", b"%d" % len(PAGE)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE})


async def rsgi(_scope: Any, protocol: Any) -> None:
    protocol.response_bytes(200, [("content-type", TYPE)], PAGE)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", TYPE)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_words: Any) -> None:
        pass


class _Threads(http.server.ThreadingHTTPServer):
    request_queue_size = 1024


def _fork(port: int) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {TYPE}\r\nContent-Length: {len(PAGE)}"
    response = f"{head}\r\nConnection: close\r\n\r\n".encode() + PAGE
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listening:
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                connection.recv(65_536)
                connection.sendall(response)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        _fork(int(sys.argv[2]))
    _Threads(("127.0.0.1", int(sys.argv[2])), _Handler).serve_forever()
