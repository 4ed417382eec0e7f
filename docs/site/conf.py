"""Sphinx's settings for the site. It is built in the root of the project:

`python -m sphinx --conf-dir docs/site . outputs/site`.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

with (ROOT / "pyproject.toml").open("rb") as file:
    project_table = tomllib.load(file)["project"]

project = "firstfail"
author = copyright = ""
version = release = project_table["version"]
language = "en"

extensions = ["myst_parser", "docs.site.contents", "docs.site.sources"]
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md"]
# No other folder is looked into.
exclude_patterns = [".*", "outputs", "students", "tests"]
nitpicky = True

myst_heading_anchors = 4
smartquotes = False  # `--` is an option

html_theme = "furo"
html_title = f"firstfail {version}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["wide.css"]
pygments_style, pygments_dark_style = "friendly", "monokai"
