"""The script that starts a server, and why it may not work.

Rules of this module:
- A script that can't be started is the author's fault: its first line is part of the
  submission. It does not count as a program that is missing here.
- A program of our virtual environment is not the author's. It can't be started where
  the checkout was moved, since its first line names the old place.
- Lines that end with CR LF may do no harm, and neither may a byte order mark. They are
  mentioned when a server can't be measured: messages of a shell or of make do not name
  them.
"""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

from load.errors import ServerError

MAKES = {"make", "gmake"}
READERS = {"sh", "bash", "dash", "ksh", "zsh", *MAKES}  # they read CR as a character
MOST_BYTES = 1_000_000  # of a script that are read
LINE_BYTES = 256  # of its first line that the kernel reads
# How pip begins programs: with the Python of the environment that they are in.
INSTALLED = re.compile(rb"#!(?:/bin/sh\n'''exec' \"([^\"\n]+)\"|(\S+))")


def check_script(words: Sequence[str], folder: Path) -> None:
    """Raise `ServerError` if `words` start a script and its first line is wrong."""
    script = _itself(words, folder)
    if script is None:
        return
    with script.open("rb") as file:
        first = file.readline(LINE_BYTES)
    if first.startswith(BOM_UTF8 + b"#!"):
        raise ServerError("no-start", written_by_windows(words, folder) or "")
    if not first.startswith(b"#!"):
        return
    named = os.fsdecode(re.split(rb"[ \t]", first[2:].strip(b" \t\n"))[0])
    program = folder / named
    if not (named and program.is_file() and os.access(program, os.X_OK)):
        oddity = written_by_windows(words, folder)
        why = f": {oddity}" if oddity else ", which is no program here"
        raise ServerError(
            "no-start", f"the first line of {script.name} names {named}{why}"
        )


def is_own(words: Sequence[str], folder: Path) -> bool:
    """Whether `words` start a file below `folder`, and no program of this machine."""
    return _itself(words, folder) is not None


def written_by_windows(words: Sequence[str], folder: Path) -> str | None:
    """Return a remark on the script that `words` start, if it begins or ends oddly."""
    script, reader = _itself(words, folder), Path(words[0]).name
    if script is None and reader in READERS:
        named = (_file(word.rpartition("=")[2], folder) for word in words[1:])
        script = next((path for path in named if path), None)
    if script is None:
        return None
    with script.open("rb") as file:
        text = file.read(MOST_BYTES)
    if text.startswith(BOM_UTF8) and reader not in MAKES:
        return (
            f"{script.name} begins with a byte order mark, as Windows writes it: save "
            f"it without one, as after dos2unix {script.name}"
        )
    if b"\r\n" not in text:
        return None
    return (
        f"lines of {script.name} end with CR LF, as Windows writes them: let them end "
        f"with LF alone, as after dos2unix {script.name}"
    )


def moved(programs: Path) -> str | None:
    """Return a remark on a virtual environment whose programs name another place."""
    if not (programs.parent / "pyvenv.cfg").exists():
        return None
    for path in sorted(programs.iterdir()):
        if not path.is_file():
            continue
        with path.open("rb") as file:
            found = INSTALLED.match(file.read(LINE_BYTES))
        named = Path(os.fsdecode(found[1] or found[2]) if found else path)
        if named.name.startswith("python") and not named.exists():
            return (
                f"{path} begins with {named}, which is not there, as after a move of "
                f"the checkout: remove {programs.parent}, and make installs it anew"
            )
    return None


def _itself(words: Sequence[str], folder: Path) -> Path | None:
    """Return the file below `folder` that is started as a program, if one is."""
    return _file(words[0], folder) if "/" in words[0] else None


def _file(word: str, folder: Path) -> Path | None:
    """Return the file below `folder` that a word of a command names, if any."""
    if not word or Path(word).is_absolute():
        return None
    try:
        return folder / word if (folder / word).is_file() else None
    except (OSError, ValueError):  # it is no name, but code for sh -c
        return None
