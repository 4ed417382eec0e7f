"""The settings of gunicorn, beside those on its command line: none.

It would read a gunicorn.conf.py otherwise, and such a file is in the key of no cell.
"""
