"""The command lines: `python -m servers`, and what writes the page.

`options.py` has the parser and the types of options, `arguments.py` the options of a
server, `application.py` what they ask it to serve. `write_page.py` is a program.

May import: protocol.
"""
