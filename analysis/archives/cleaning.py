"""What a record says about a place, a host and a user, replaced by names in braces.

Rules of this module:
- A known place gets its name: `{root}`, `{python}`, `{home}`. Of any other absolute
  path the last part is left: `{elsewhere}/server.js`. A path is one of two parts at
  least, so that `/` and `/page` of a URL stay.
- Names of the host and of the user are replaced in what was read or printed. They stay
  in settings: whoever calls a server `ada` wants it to be called so.
- Each of several hosts, and each node of a cluster, gets a name (`hosts.py`). A host
  gets it in settings as well.
- A host may be called `load`, and a user `root`. A name that may be a word is replaced
  only where it stands as a name: in `/home/USER`, `USER@`, `@HOST`, `HOST:80`. Any
  other name is replaced wherever it stands.
- Where nothing has to be replaced, the bytes stay as they are.
"""

from __future__ import annotations

import contextlib
import getpass
import platform
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.archives.hosts import Hosts

ROOT = Path(__file__).parents[2]
# Behind the begin of a word, and not within a URL or a relative path.
ELSEWHERE = re.compile(
    r"(?<![\w.}~:/-])(?:/[^\s/:;,'\"()<>|=&]+)+/([^\s/:;,'\"()<>|=&]+)"
)
# A path or an address, which a sentence may end with.
WHOLE = r"(?<![\w.-]){}(?![\w-]|\.\w)"
URL_PATHS = ("impl.path", "impl.ready.path", "--path")
NODES = "provenance.slurm.nodes"  # they are replaced whole
AS_SET = ("provenance.commands", "stopped.reason", "not_measured.kind")
LEAST = 2  # characters of a name of a host or a user
UNMISTAKABLE = 5  # characters of a name that is no word: it has more than letters
ODD = re.compile(r"[^\W\d_].*[\W\d_]|[\W\d_].*[^\W\d_]")  # and is no number either
USER, HOST = "{user}", "{host}"
# Where a word stands as the name of a user, or of a host.
HOMES = r"(?:(?<=/home/)|(?<=/Users/)|(?<=(?<!\w)~))NAME(?![\w.-])"
AS_NAME = {
    USER: rf"{HOMES}|(?<![\w.-])NAME(?=@)|(?<=\buser=)NAME\b|(?<=\buser ')NAME(?=')",
    HOST: r"(?<=@)NAME(?![\w-]|\.\w)|(?<=://)NAME(?![\w.-])|(?<![\w./-])NAME(?=:\d)"
    r"|(?<=\bhost=)NAME\b|(?<=\bhost ')NAME(?=')|(?<=\bhost )NAME(?=: )",
}
SHORT = 4  # characters of a path that may stand in any picture by chance


@dataclass(frozen=True)
class Cleaning:
    """What is replaced: places by their paths, and names of hosts and users.

    `places` has addresses as well. `hosts` are the other hosts of a study.
    """

    places: Mapping[str, str]
    names: Mapping[str, str]
    hosts: Hosts = field(default_factory=Hosts)

    @classmethod
    def here(cls, hosts: Hosts) -> Cleaning:
        """Return what has to be replaced on this machine, for this user."""
        places = {sys.executable: "{python}", str(ROOT): "{root}"}
        with contextlib.suppress(RuntimeError, KeyError):  # a user without a home
            places[str(Path.home())] = "{home}"
        names = {platform.node(): HOST, platform.node().partition(".")[0]: HOST}
        with contextlib.suppress(OSError, KeyError):  # a user without a name
            names[getpass.getuser()] = USER
        places |= hosts.addresses
        names |= hosts.words
        return cls(
            {path: name for path, name in places.items() if len(path) > LEAST},
            {name: to for name, to in names.items() if len(name) >= LEAST},
            hosts,
        )

    def settings(self, config: Any) -> Any:
        """Return the settings of a cell without places."""
        return self.hosts.settings(self._each(config, "", with_names=False))

    def run(self, run: Any) -> Any:
        """Return the content of `run.json` without places and names."""
        clean = self._each(run, "", with_names=True)
        known = clean.get("provenance") or {}
        return clean | {"provenance": self.hosts.provenance(known)} if known else clean

    def text(self, text: str, *, with_names: bool = True) -> str:
        """Return a text without places, and without names if these are to go, too."""
        for path in sorted(self.places, key=len, reverse=True):
            text = re.sub(WHOLE.format(re.escape(path)), self.places[path], text)
        for name in sorted(self.names, key=len, reverse=True):
            if pattern := _pattern(name, self.names[name], with_names=with_names):
                text = re.sub(pattern, self.names[name], text, flags=re.IGNORECASE)
        return ELSEWHERE.sub(r"{elsewhere}/\1", text)

    def found(self, content: bytes) -> str | None:
        """Return a place of this machine that stands in a file, if there is one."""
        for path in (path for path in self.places if len(path) > SHORT):
            # To look for the bytes alone is thirty times as fast.
            if path.encode() in content and re.search(
                WHOLE.format(re.escape(path)).encode(), content
            ):
                return path
        return None

    def named(self, content: bytes, but: Collection[str] = ()) -> str | None:
        """Return a name of a host or a user that stands in a file, if there is one.

        It stands where it would be replaced. Names in `but` are not looked for.
        """
        lowered, is_text = content.lower(), b"\0" not in content
        for name in self.names:
            may_be = (is_text or len(name) > SHORT) and name not in but
            if may_be and name.lower().encode() in lowered:
                encoding = "utf-8" if is_text else "latin-1"
                if self.stands_in(content.decode(encoding, "replace"), name):
                    return name
        return None

    def stands_in(self, text: str, name: str) -> bool:
        """Whether a name stands in a text, where it would be replaced."""
        pattern = _pattern(name, self.names[name], with_names=True)
        return re.search(pattern, text, re.IGNORECASE) is not None

    def _each(self, value: Any, where: str, *, with_names: bool) -> Any:
        if isinstance(value, Mapping):
            return {
                key: self._each(
                    one, f"{where}.{key}".lstrip("."), with_names=with_names
                )
                for key, one in value.items()
            }
        if isinstance(value, list):
            return list(self._words(value, where, with_names=with_names))
        if not isinstance(value, str) or where in (*URL_PATHS, NODES):
            return value
        return self.text(value, with_names=with_names and not where.startswith(AS_SET))

    def _words(
        self, words: list[Any], where: str, *, with_names: bool
    ) -> Iterator[Any]:
        """Yield the words of a command, or the members of any list."""
        option = ""
        for word in words:
            place = option if option in URL_PATHS else where
            yield self._each(word, place, with_names=with_names)
            option = word if isinstance(word, str) else ""


def _pattern(name: str, to: str, *, with_names: bool) -> str:
    """Return where a name is to be replaced; without names a home still is a place."""
    if not with_names:
        where = HOMES if to == USER else ""
    elif len(name) >= UNMISTAKABLE and ODD.search(name):
        where = r"(?<![\w{])NAME(?![\w}])"
    else:
        where = AS_NAME[USER if to == USER else HOST]
    return where.replace("NAME", re.escape(name))
