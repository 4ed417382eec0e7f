"""`python benchmarks/plain_fork.py PORT`: a fork for each connection, and no more.

It reads once, answers and ends. Nothing is loaded that it does not need, since a fork
takes the longer the more there is.
"""

import contextlib
import os
import socket
import sys

# From the folder of the project, in which it has to be started.
PAGE = "servers/protocol/page.html"


def serve(port: int) -> None:
    with open(PAGE, "rb") as file:  # noqa: PTH123 (pathlib would be forked, too)
        page = file.read()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}"
    response = f"{head}\r\nConnection: close\r\n\r\n".encode() + page
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listening:
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                connection.recv(65_536)
                connection.sendall(response)
                os._exit(0)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


if __name__ == "__main__":
    serve(int(sys.argv[1]))
