"""What HTTP/1.1 asks of a server, as cases that any server can be tried with."""
