from __future__ import annotations

import pytest

from load.server.kept_command import kept_command

PLACES = {
    **{"/a/b/.venv/bin/python": "python", "/a/b": "root"},
    **dict.fromkeys(["/a/b/out/.x", "/tmp/y"], "folder"),
}


@pytest.mark.parametrize(
    "word, kept",
    [
        ("/a/b/.venv/bin/python", "{python}"),
        ("/a/b/.venv/bin/python3.11", "{root}/.venv/bin/python3.11"),
        ("/a/b/out/.x/page.html", "{folder}/page.html"),
        ("/tmp/y/server", "{folder}/server"),
        ("--file=/a/b/x", "--file={root}/x"),
        ("sh -c 'cd /a/b && ./y'", "sh -c 'cd {root} && ./y'"),
        ("/a/bc", "/a/bc"),
        ("/z/a/b", "/z/a/b"),
        ("http://h/a/b", "http://h/a/b"),
    ],
)
def test_a_place_has_its_name(word: str, kept: str) -> None:
    assert kept_command([word], PLACES) == [kept]
