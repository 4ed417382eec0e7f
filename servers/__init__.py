"""Ways to write a web server for many clients.

One file an architecture: `single`, `multiprocess`, `multithread`; `prefork`,
`prethread`, `thread_pool`; `select`, `poll`, `epoll`, `epoll_edge`, `reuseport`,
`event_pool`, `asyncio`, `asyncio_uvloop`, `gevent`.
Each opens with how it works, when it fits and what limits it. Concurrency is
all that they differ in; everything else is one piece of code that they share:

- `steps.py`: what an application asks of an architecture.
- `http.py`: bytes of requests in, steps to responses out; no sockets.
- `attendance.py`: the other application, a code on a line and an answer.
- `pages.py`: the page they serve, and what that costs; `render.py`: how it is made.
- `listener.py`: the listening socket, its options, and being told to stop.
- `talk.py`: one connection from its first byte to its last, where an
  architecture leaves it to block.
- `processes.py`, `threads.py`: starting workers, and waiting for their end.
- `event_loop.py`, `event_connection.py`: all connections in one thread that never
  blocks, where an architecture brings what tells which are ready.
- `asyncio_server.py`, `asyncio_connection.py`: the same on asyncio's loops.

`python -m servers select --port 8080` starts one.
"""
