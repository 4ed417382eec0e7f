"""The documentation, and the program that fills in what was measured.

- `python -m docs` (`make docs`) fills the marked regions of README.md and docs/*.md.
- `python -m docs keep STUDY` takes what these show of a study from `outputs/`.

| module | holds |
|---|---|
| `kept.py` | what is kept in `docs/results/`, and how it is read |
| `regions.py` | the marked regions, and what belongs into each |
| `keeping.py` | from `outputs/`, or from what a benchmark printed, to `docs/results/` |
"""
