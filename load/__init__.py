"""One run: a server process, users under Locust, and the record of both.

`python -m load CONFIG FOLDER` measures one cell: `run.py` and `measuring.py` have its
steps. Around Locust, in the runner, are `sides/`, `server/`, `network/`, `host/`,
`telemetry/` and `idle/`. Inside Locust is the measured path: `locustfile.py` is its
entrance, and `client/`, `users/` and `recording/` are what it consists of.

Rules of the folders:
- The head of each says which others it may import, and it imports nothing else.
- All may import `errors.py` and `address.py`, which import none of them. No folder
  imports any other module beside them.
- Nothing here knows Snakemake, Hydra, or what is made of the record.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent  # the project's folder
