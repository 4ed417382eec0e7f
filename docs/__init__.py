"""The documentation, and the program that fills in what was measured.

- `python -m docs` (`make docs`) fills the marked regions of README.md and docs/*.md.
- `make site` makes a site of these pages, README.md, CONTRIBUTING.md and CHANGELOG.md.
- `python -m docs keep STUDY` takes what these show of a study from `outputs/`.

| module | holds |
|---|---|
| `kept.py` | what is kept in `docs/results/`, and how it is read |
| `regions.py` | the marked regions, and what belongs into each |
| `keeping.py` | from `outputs/`, or from what a benchmark printed, to `docs/results/` |
| `reference/` | the tables that are made of the code |
| `site/` | Sphinx's settings, and what it is taught for these pages |

A fence of commands in a page says how long they take, or that a test runs them:
`sh 30-minutes`, `sh run`. `tests/docs/test_fences.py` finds those that say nothing.
"""
