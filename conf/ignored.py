"""Names that are no part of a server's code: a default of the schema."""

from __future__ import annotations

# Patterns of names that are no part of a server, at any depth below its sources: files
# of version control, operating systems and editors, and caches of tools.
IGNORED = (
    *(".git*", ".hg*", ".svn", ".jj"),
    *(".DS_Store", "._*", "__MACOSX", "Thumbs.db", "desktop.ini", ".directory"),
    *(".nfs*", ".fuse_hidden*", ".Trash*"),
    *(".idea", ".vscode", ".vs", ".zed", ".fleet", "*.iml", "*.sublime-workspace"),
    *(".*.sw?", "*.swp", "*~", "#*#", ".#*", ".*.kate-swp", ".~lock.*"),
    *("__pycache__", ".cache", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
    *(".hypothesis", ".ipynb_checkpoints"),
)
