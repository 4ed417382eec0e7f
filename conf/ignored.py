"""Names that are no part of a server's code, or of an author's own."""

from __future__ import annotations

# Patterns of names that are no part of a server, at any depth below its sources: files
# of version control, operating systems and editors, and caches of tools.
IGNORED = (
    *(".git*", ".hg*", ".svn", ".jj", ".bzr*", "_darcs", "CVS"),
    *(".DS_Store", "._*", "__MACOSX", "Thumbs.db", "desktop.ini", ".directory"),
    *(".nfs*", ".fuse_hidden*", ".Trash*", ".localized", ".AppleDouble"),
    *(".fseventsd", ".Spotlight-V100", ".stfolder", ".goutputstream-*"),
    *(".idea", ".vscode", ".vs", ".zed", ".fleet", "*.iml", ".history"),
    *(".metadata", ".settings", ".project", ".classpath", "*.sublime-*"),
    *(".spyproject", ".ropeproject", "nbproject", "*.code-workspace"),
    *("*___jb_tmp___", "*___jb_old___", "4913"),
    *(".*.sw?", "*.swp", "*~", "#*#", ".#*", ".*.kate-swp", ".~lock.*"),
    *("__pycache__", ".cache", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
    *(".hypothesis", ".ipynb_checkpoints"),
)

# Names of folders that hold no source of an author: packages of others, environments,
# and what tools have built. They are measured with a server, and compared with nothing.
VENDORED = (
    *("node_modules", "bower_components", "jspm_packages", "vendor", "third_party"),
    *("venv", ".venv", "env", "virtualenv", ".tox", ".nox", "*.egg-info"),
    *("site-packages", "dist-packages", "__pypackages__", "*.dist-info"),
    *("target", "build", "dist", ".gradle", ".bundle", "elm-stuff", "_build"),
)
