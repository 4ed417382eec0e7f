"""Ways to write a web server for many clients.

Each module beside this one is an architecture, and nothing else is. It opens with how
it works, when it fits and what limits it. Architectures differ in concurrency alone.
What they share is in folders:

- `protocol/`: what a server answers, with no socket: HTTP and its page, attendance;
- `serving/`: the listening socket, and connections, processes and threads;
- `command_line/`: the options of `python -m servers`, and of what writes the page.

`python -m servers select --port 8080` starts one.

A folder imports others only as its own docstring says, and never an architecture.
There are more architectures here than a folder has modules elsewhere.
"""
