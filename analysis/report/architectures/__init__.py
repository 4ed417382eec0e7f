"""What a report says about the code of servers: explanations, excerpts and drawings.

- `excerpts.py`: the lines between two markers of a source;
- `explanations.py`: what an architecture's docstring says, or its translation, beside
  its excerpts;
- `facts.py`: who accepts, waits and works, as `facts.yaml` declares it;
- `drawing.py`: these facts as a picture.

Sources are read as text, and nothing of `servers/` is imported.
"""
