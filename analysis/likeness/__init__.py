"""Which submissions of a class are alike, and where.

`sources.py` reads what is code among their files, and `filtered.py` leaves out what
does not count. `prints.py` takes fingerprints of the rest with copydetect, by
winnowing, as MOSS does. `pairs.py` compares all pairs, and `passages.py` finds the
lines that two have in common. `kept.py` keeps all of it beside the list of cells.
`table.py` writes the table.

Rules of this stage:
- It says what is alike, and accuses nobody.
- The same files give the same result. Nothing is loaded from a network.
- What others have handed in is data: it may be no text, or made to be slow or large.

May import: rows.
"""
