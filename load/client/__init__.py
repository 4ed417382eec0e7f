"""A client of one server, without Locust: HTTP/1.1, and attendance over bare TCP.

The measured path: users ask with it, in Locust. So does the check of a server before a
run, in the runner: it is to read responses as users do.

May import: no other folder.
"""
