"""Other people's servers for benchmarks: the page on each, and how it is started.

`python -m benchmarks.peers threads PORT` starts one that has no command of its own:
http.server with a thread for each connection or, with `processes`, a process.
"""

from __future__ import annotations

import http.server
import socketserver
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "servers/protocol/page.html").read_bytes()
TYPE = "text/html; charset=utf-8"
NGINX = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=16;
    keepalive_requests 1000000000;
    types {{ text/html html; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{ root {root}/servers/protocol; index page.html; }}
    }}
}}
"""


def commands(port: int, folder: Path) -> dict[str, list[str]]:
    """Return the commands of others' servers; `folder` is theirs to write to."""
    conf = folder / "nginx.conf"
    conf.write_text(NGINX.format(port=port, root=ROOT))
    at, scripts = f"127.0.0.1:{port}", Path(sys.executable).parent
    gunicorn = [str(scripts / "gunicorn"), "--bind", at, "--log-level", "critical"]
    own = [sys.executable, "-m", "benchmarks.peers"]
    return {
        "nginx": ["nginx", "-p", str(folder), "-c", str(conf), "-e", "stderr"],
        "granian": [
            *(str(scripts / "granian"), "--host", "127.0.0.1", "--port", str(port)),
            *("--interface", "rsgi", "--no-access-log", "--log-level", "critical"),
            *("--workers", "1", "benchmarks.peers:rsgi"),
        ],
        "uvicorn": [
            *(str(scripts / "uvicorn"), "--port", str(port), "--no-access-log"),
            *("--http", "httptools", "--loop", "uvloop", "--log-level", "critical"),
            "benchmarks.peers:asgi",
        ],
        "gunicorn sync": [*gunicorn, "-k", "sync", "benchmarks.peers:wsgi"],
        "gunicorn gthread": [
            *(*gunicorn, "-k", "gthread", "--threads", "16", "--keep-alive", "60"),
            "benchmarks.peers:wsgi",
        ],
        "waitress": [
            *(str(scripts / "waitress-serve"), f"--listen={at}"),
            *("--connection-limit=2000", "benchmarks.peers:wsgi"),
        ],
        "http.server": [*own, "threads", str(port)],
        "http.server forking": [*own, "processes", str(port)],
        "plain fork": [sys.executable, "benchmarks/plain_fork.py", str(port)],
    }


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


class _Processes(socketserver.ForkingMixIn, http.server.HTTPServer):
    request_queue_size = 1024
    max_children = 1000  # as many as ours

    def handle_error(self, *_client: Any) -> None:
        pass  # one that has left


if __name__ == "__main__":
    servers = {"threads": _Threads, "processes": _Processes}
    servers[sys.argv[1]](("127.0.0.1", int(sys.argv[2])), _Handler).serve_forever()
