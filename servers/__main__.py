"""Start one of the servers; see `python -m servers --help`.

An architecture is a module beside this one with a function `serve(listener, settings)`.
If it also has a function `add_arguments(parser)`, `serve` gets these options by name. A
new architecture is one new file, and nothing else.
"""

from __future__ import annotations

import errno
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from servers.command_line.application import application
from servers.command_line.arguments import server_parser
from servers.command_line.options import Parser
from servers.serving.listener import Listener, announce
from servers.serving.settings import Settings

REHEARSAL = b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def architectures() -> list[str]:
    """Return the names of all architectures, without importing any."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main() -> int:
    parser = server_parser(architectures())
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in ("-h", "--help"):
        parser.parse_args()
    if name not in architectures():
        parser.error(
            f"the first word must be an architecture, not {name!r}: "
            f"choose from {', '.join(architectures())}"
        )
    module = _load(name)
    shared = {action.dest for action in parser._actions}
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    arguments = vars(parser.parse_args())
    own = {key: value for key, value in arguments.items() if key not in shared}
    settings = _settings(parser, name, arguments)
    listener = _listen(name, arguments)
    announce(listener, name, "http" if arguments["app"] == "page" else "tcp")
    module.serve(listener, settings, **own)
    return 0


def _load(name: str) -> ModuleType:
    """Return the module of an architecture; exit where it cannot serve."""
    try:
        module = importlib.import_module(f"servers.{name}")
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("servers"):
            raise  # the author needs the traceback
        sys.exit(f"{name}: needs {error.name}; pip install {error.name}")
    if not hasattr(module, "serve"):
        sys.exit(f"{name}: servers/{name}.py has no function serve(listener, settings)")
    return module


def _settings(parser: Parser, name: str, arguments: dict[str, Any]) -> Settings:
    """Return what connections are served with; exit where the page cannot be served."""
    try:
        app = application(parser, arguments)
    except OSError as error:
        sys.exit(f"{name}: cannot read {arguments['page_file']}: {error.strerror}")
    except ValueError as error:
        sys.exit(f"{name}: {arguments['page_file']}: {error}")
    return Settings(
        app=app,
        request_s=arguments["request_timeout"],
        response_s=arguments["response_timeout"],
        grace_s=arguments["grace"],
        rehearsal=REHEARSAL if arguments["app"] == "page" else b"",
    )


def _listen(name: str, arguments: dict[str, Any]) -> Listener:
    """Return the listening socket; exit where the address cannot be had."""
    host, port = arguments["host"], arguments["port"]
    try:
        return Listener(host, port, arguments["backlog"])
    except (OSError, UnicodeError) as error:  # UnicodeError: the name is malformed
        sys.exit(f"{name}: cannot listen on {host} port {port}: {_reason(error)}")


def _reason(error: OSError | UnicodeError) -> str:
    """Return what is wrong with an address, and what would be right."""
    if not isinstance(error, OSError):
        return "not the name of a host; --host takes a name or address of this one"
    if error.errno == errno.EADDRINUSE:
        return f"{error.strerror}; --port 0 takes any that is free"
    if error.errno == errno.EACCES:
        return f"{error.strerror}; --port 1024 and above need no privileges"
    return f"{error.strerror}; --host takes a name or address of this machine"


if __name__ == "__main__":
    sys.exit(main())
