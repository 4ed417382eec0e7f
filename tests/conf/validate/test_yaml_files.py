"""A file of an implementation that is wrong: its name, the key, and what is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf.errors import SettingError
from conf.schema import Cell, Impl
from conf.validate.commands import check_commands, check_paths
from conf.validate.texts import check_options
from conf.validate.yaml_files import check, load

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
    "a list": ("[command]", "it must hold settings"),
    "a number": ("5", "it must hold settings"),
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
    "a truth value for text": (
        "environment: {FLAG: on}",
        ": environment.FLAG: it must be text; the value was read as true: write "
        "it in quotes",
    ),
    "a null byte": ('command: "a\\0b"', "command: it has characters that no command"),
    "half a character": (
        'environment: {A: "\\ud800"}',
        "environment.A: it has characters that no command can have",
    ),
    "octal for text": (
        "environment: {UM: 022}",
        "environment.UM: it must be text; the va",
    ),
    "a time for text": ("environment: {AT: 12:30}", "was read as 750: write it in quo"),
    "a number for text": ("environment: {N: 5}", "was read as 5: write it in quotes"),
    "nothing for text": ("environment: {A: }", 'environment.A has no value: write ""'),
    "a truth value for a name": (
        "environment: {NO: x}",
        ": environment: a name must be text; the value was read as false",
    ),
    "a truth value for a command": ("command: yes", "command: it must be text; the va"),
    "a version for text": (
        "version: 3.10",
        "version: it must be text; the va",
    ),
    "a number in a list": (
        "sources: [0x10]",
        "sources: it must be text; the va",
    ),
    "a number, nested": ("ready: {path: 1_0}", "ready.path: it must be text; the va"),
    "a name of an option": (
        "options: {on: x}",
        "options: a name must be text; the va",
    ),
    "OmegaConf's": ("hint: ${{A}}", "write a variable of a shell as $NAME"),
}


@pytest.mark.parametrize("text, said", FILES.values(), ids=FILES)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in wrong(tmp_path, text)


OPTIONS = {
    "octal": ("{umask: 022}", 'umask=022 is read as 18: write 18, or "022" in quotes'),
    "a time": ("{at: 12:30}", "at=12:30 is read as 750"),
    "a version": ("{tls: 1.10}", "tls=1.10 is read as 1.1"),
    "an exponent": ("{rate: 1e3}", "rate=1e3 is read as 1000.0"),
    "a word": ("{tls: on}", "tls=on is read as true: write true, or"),
    "a number": ("{workers: 4, rate: 0.5}", ""),
    "a flag": ("{tls: true, gzip: False, more: }", ""),
    "text": ("{umask: '022', at: \"12:30\", tls: on-demand}", ""),
}


@pytest.mark.parametrize("below", ["", "impl: "])
@pytest.mark.parametrize("options, said", OPTIONS.values(), ids=OPTIONS)
def test_an_option_is_as_it_is_written(
    tmp_path: Path, options: str, said: str, below: str
) -> None:
    """Whatever YAML makes of it: it is a word on a command line."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"{below}{{options: {options}, path: /}}\n")
    found = load(tmp_path, "mine.yaml")
    if not said:
        check_options("mine.yaml", path, found)
        return
    with pytest.raises(SettingError) as caught:
        check_options("mine.yaml", path, found)
    assert str(caught.value).startswith(f"mine.yaml: options.{said}")


def test_text_that_is_quoted_is_taken() -> None:
    for schema, values in (
        (Impl, {"environment": {"FLAG": "on", "UM": "022"}, "hint": "5", "body": None}),
        (Cell, {"app": {"code": "0042"}, "server": {"host": None}, "users": 5}),
    ):
        check("conf/mine.yaml", schema, values)
    with pytest.raises(SettingError, match=r"app\.code: it must be text; .* as 34:"):
        check("conf/mine.yaml", Cell, {"app": {"code": 34}})


@pytest.mark.parametrize("value", ["many", 2.5, True, [5], None])
def test_users_in_a_file_are_a_number_or_auto(value: Any) -> None:
    check("conf/experiment/mine.yaml", Cell, {"users": "auto"})
    with pytest.raises(SettingError, match="it must be a whole number or auto") as said:
        check("conf/experiment/mine.yaml", Cell, {"users": value})
    assert str(said.value).startswith("conf/experiment/mine.yaml: users")


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "format": ({"command": "x {port:d}"}, "{port} takes no format"),
    "conversion": ({"command": "x {port!r}"}, "{port} takes no format"),
    "unknown conversion": ({"command": "x {port!z}"}, "{port} takes no format"),
    "nested": ({"command": "x {port:{foo}}"}, "{port} takes no format"),
    "part": ({"command": "x {port.real}"}, "names {port.real}: it may name"),
    "number": ({"command": "x {port} {0}"}, "names {0}: it may name"),
    "brace": ({"command": "x {port} }"}, "write a literal brace as {{ or }}"),
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
        assert "use variables of a shell only within sh -c '…'" in str(caught.value)


def test_a_port_from_the_environment_or_of_its_own() -> None:
    check_commands({**DEFAULTS, "command": "x", "environment": {"PORT": "{port}"}}, 0)
    check_commands({**DEFAULTS, "command": "x"}, 8080)


def test_a_wrong_path_is_one_line(tmp_path: Path) -> None:
    for source in ("nowhere.go", ["a"]):
        with pytest.raises(SettingError, match="there is no file or folder"):
            check_paths({**DEFAULTS, "sources": [source]}, tmp_path)
