"""The servers that are tried: all of ours, and three of other people's.

Rules of this module:
- All serve the same page at `/` and `/index.html`, and nothing else. The applications
  of the peers read what a request has as content, as far as their server lets them.
- Each is a process of its own on a free port, and ends with its `with` block.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import running
from load.network.ports import choose_port

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "servers/protocol/page.html"
NGINX = "nginx"
PEERS = (NGINX, "gunicorn", "uvicorn")

_NGINX_CONF = """\
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off; types {{ text/html html; }} server_tokens off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}/root; index index.html; }}
}}
"""
_APP = f"""\
from pathlib import Path
PAGE = Path({str(PAGE)!r}).read_bytes()
HTML = "text/html; charset=utf-8"

def answer(method, path):
    if method not in ("GET", "HEAD"):
        return 405, "Method Not Allowed", b"405", {{"Allow": "GET, HEAD"}}
    if path not in ("/", "/index.html"):
        return 404, "Not Found", b"404", {{}}
    return 200, "OK", PAGE, {{"Content-Type": HTML}}

def wsgi(environ, start_response):
    while environ["wsgi.input"].read(65536):
        pass
    method = environ["REQUEST_METHOD"]
    status, reason, body, fields = answer(method, environ["PATH_INFO"])
    fields["Content-Length"] = str(len(body))
    start_response(f"{{status}} {{reason}}", list(fields.items()))
    return [b"" if method == "HEAD" else body]

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        more = event.get("more_body", False)
    status, _, body, fields = answer(scope["method"], scope["path"])
    fields["Content-Length"] = str(len(body))
    pairs = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    await send({{"type": "http.response.start", "status": status, "headers": pairs}})
    content = b"" if scope["method"] == "HEAD" else body
    await send({{"type": "http.response.body", "body": content}})
"""


def _command(name: str, port: int, folder: Path) -> list[str]:
    """Write what the server needs into `folder`; return its command line."""
    if name == NGINX:
        (folder / "root").mkdir()
        (folder / "root" / "index.html").write_bytes(PAGE.read_bytes())
        text = _NGINX_CONF.format(folder=folder, port=port)
        (folder / "nginx.conf").write_text(text)
        folder.chmod(0o755)  # its worker is another user
        return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    (folder / "conformance_app.py").write_text(_APP)
    if name == "gunicorn":
        return [
            *(sys.executable, "-m", "gunicorn", "--chdir", str(folder)),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
            *("--threads", "16", "--log-level", "critical", "conformance_app:wsgi"),
        ]
    if name == "uvicorn":
        return [
            *(sys.executable, "-m", "uvicorn", "--app-dir", str(folder)),
            *("--port", str(port), "--log-level", "critical", "--http", "httptools"),
            *("--loop", "uvloop", "conformance_app:asgi"),
        ]
    words = [sys.executable, "-m", "servers", name, "--port", str(port)]
    return [*words, "--keep-alive"]


@contextmanager
def serving(name: str, folder: Path) -> Iterator[int]:
    """Run a server; give its port."""
    port = choose_port("127.0.0.1", 0)
    with running(_command(name, port, folder), port):
        yield port


def connect(port: int, timeout_s: float) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
