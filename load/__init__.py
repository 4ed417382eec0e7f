"""One run: a server process, users under Locust, and the record of both.

`python -m load CONFIG FOLDER` measures one cell. The way of a run is in
`run.py`; `locustfile.py` is what Locust itself executes, and also runs by hand.
Nothing here knows of Snakemake, of Hydra, or of what is made of the record.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent  # the project's folder
