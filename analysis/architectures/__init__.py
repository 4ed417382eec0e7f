"""What a report says about the code of servers: explanations, excerpts and drawings.

- `excerpts.py`: the lines between two markers of a source;
- `explanations.py`: what an architecture's docstring says, or its translation in
  `languages/`;
- `facts.py`: who accepts, waits and works, as `facts.yaml` declares it;
- `drawing.py`: these facts as a picture;
- `servers.py`: all of this for the servers of a study.

Rules of this stage:
- Sources are read as text. Nothing of `servers/` is imported.

May import: charts.
"""
