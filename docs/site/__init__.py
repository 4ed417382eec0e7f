"""The site of the docs: `make site` builds it with Sphinx.

The pages are plain Markdown, which reads as well on a forge. Nothing in them is for
Sphinx alone.

| module | holds |
|---|---|
| `conf.py` | Sphinx's settings |
| `contents.py` | the menu, which is made of the links in `docs/index.md` |
| `sources.py` | a page for each file of source that a page links to |
"""
