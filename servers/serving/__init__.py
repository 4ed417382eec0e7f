"""How connections are served: sockets, event loops, processes and threads.

`listener.py` is the listening socket. `blocking_connection.py` serves one connection,
where an architecture can block. `event_loop.py`, with `event_connection.py` and
`poller.py`, serves all connections in one thread; `asyncio_server.py` and
`asyncio_connection.py` do so on the loops of asyncio. `processes.py` and `threads.py`
start workers. `settings.py` is what all of them serve with.

May import: protocol.
"""
