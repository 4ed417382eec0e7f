"""A file of an implementation that is wrong: its name, the key, and what is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf.files import check, load
from conf.impl_checks import check_commands, check_paths
from conf.schema import Cell, Impl, SettingError

DEFAULTS: dict[str, Any] = {
    **{"command": "", "sources": [], "options": {}, "environment": {}},
    **{"working_directory": None, "version": None, "submission": None},
    **{"path": "/", "ready": {"path": None}, "body": "{page_file}"},
}


def wrong(folder: Path, text: str) -> str:
    (folder / "impl").mkdir()
    path = folder / "impl" / "mine.yaml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingError) as caught:
        check("conf/impl/mine.yaml", Impl, load(folder, "impl/mine.yaml"))
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert said.startswith("conf/impl/mine.yaml")
    return said


FILES = {
    "no YAML": ("x:\n  [", ", line 2: not YAML"),
    "not UTF-8": ("# \udcfc", "not UTF-8: byte 0xfc"),
    "odd character": ("# \0", "not YAML: unacceptable character"),
    "a list": ("[command]", "it has to hold settings"),
    "a number": ("5", "it has to hold settings"),
    "within itself": ("command: &a [*a]", "an alias stands within its own anchor"),
    "a key twice": ("path: /\npath: /", "line 2: not YAML: found duplicate key path"),
    "unknown": ("comand: x", "there is no setting comand; did you mean command?"),
    "unlike any": ("zzz: x", "there is no setting zzz; choose from name, command"),
    "unknown, nested": ("ready: {pth: /}", "did you mean ready.path?"),
    "list": ("sources: mine/", "sources=mine/: it must be a list, as in ["),
    "names": ("environment: [A=1]", "environment=['A=1']: it must be names and their"),
    "settings": ("ready: /up", "ready=/up: it must be settings of its own, as in {pa"),
    "number": ("workers: many", "workers=many: it must be a whole number or null"),
    "number, nested": ("ready: {status: ok}", "ready.status=ok: it must be a whole"),
    "nothing": ("command:", "command has no value: it must be text"),
    "OmegaConf's": ("hint: ${{A}}", "a variable of a shell is written $NAME"),
}


@pytest.mark.parametrize("text, said", FILES.values(), ids=FILES)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in wrong(tmp_path, text)


@pytest.mark.parametrize("value", ["many", 2.5, True, [5], None])
def test_users_in_a_file_are_a_number_or_auto(value: Any) -> None:
    check("conf/experiment/mine.yaml", Cell, {"users": "auto"})
    with pytest.raises(SettingError, match="it must be a whole number or auto") as said:
        check("conf/experiment/mine.yaml", Cell, {"users": value})
    assert str(said.value).startswith("conf/experiment/mine.yaml: users")


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "format": ({"command": "x {port:d}"}, "{port} is filled in as it is"),
    "conversion": ({"command": "x {port!r}"}, "{port} is filled in as it is"),
    "unknown conversion": ({"command": "x {port!z}"}, "{port} is filled in as it is"),
    "nested": ({"command": "x {port:{foo}}"}, "{port} is filled in as it is"),
    "part": ({"command": "x {port.real}"}, "names {port.real}: it may name"),
    "number": ({"command": "x {port} {0}"}, "names {0}: it may name"),
    "brace": ({"command": "x {port} }"}, "a brace as such is written {{ or }}"),
    "variable": (
        {"command": "x {port}", "environment": {"PATH": "${PATH}:/x"}},
        "names {PATH}: it may name {backlog}, ",
    ),
    "no text": ({"command": "x {port}", "environment": {"A": [1]}}, "environment.A="),
    "no port": (
        {"command": "x", "environment": {"HOST": "{host}"}},
        "impl.command=x: it must name {port}, the port that the server has to listen "
        "on; or let impl.environment name it, or set server.port to the one",
    ),
}


@pytest.mark.parametrize("changes, said", SETTINGS.values(), ids=SETTINGS)
def test_a_wrong_command_is_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError) as caught:
        check_commands({**DEFAULTS, **changes}, 0)
    assert said in str(caught.value)
    if "{PATH}" in said:
        assert "variables of a shell are known within sh -c '…' alone" in str(
            caught.value
        )


def test_a_port_from_the_environment_or_of_its_own() -> None:
    check_commands({**DEFAULTS, "command": "x", "environment": {"PORT": "{port}"}}, 0)
    check_commands({**DEFAULTS, "command": "x"}, 8080)


def test_a_wrong_path_is_one_line(tmp_path: Path) -> None:
    for source in ("nowhere.go", ["a"]):
        with pytest.raises(SettingError, match="there is no file or folder"):
            check_paths({**DEFAULTS, "sources": [source]}, tmp_path)
