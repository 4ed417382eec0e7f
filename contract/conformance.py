"""The file that says how a server conforms to HTTP/1.1, and the list of these files.

`conformance/` writes `RESULT` into a folder for each implementation and page. It holds

    {"cases": [{"name", "section", "level", "rule", "sent", "seen", "passed"}, …]}

All of these are text, but for `passed`, which is true or false. If the server could not
be tried, it holds

    {"not_tried": "why"}

`conf/` writes `LIST` beside the list of a matrix's cells: an object with the folder of
each cell and the `RESULT` of its server. `analysis/` reads both, and packs both into an
archive. Either may be missing: then nothing is known.
"""

from __future__ import annotations

RESULT = "conformance.json"
LIST = "conformance.json"
