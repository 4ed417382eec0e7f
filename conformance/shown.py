"""Results as a person reads them: lines, or a table.

Rules of this module:
- A file that is no result raises `CellError`, with one line that names it.
- Names and words of servers move no cursor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from contract.record import CONFIG
from contract.text import one_line
from load.errors import CellError


def lines(path: Path) -> Iterator[str]:
    """Yield what a result says: a line, and one for each case that failed."""
    config, content = _read(path)
    name = f"{config['impl']['name']}, page {config['page']['name']}"
    if "not_tried" in content:
        yield one_line(f"{name}: not tried: {content['not_tried']}")
        return
    failed = _failed(content)
    yield one_line(f"{name}: {_score(content)}")
    for case in failed:
        yield one_line(
            f"  {case['name']}: sent {case['sent']} | came {case['seen']} | "
            f"{case['section']} ({case['level']}): {case['rule']}"
        )


def table(paths: Iterable[Path]) -> Iterator[str]:
    """Yield a table in Markdown: a row for each server, the best first."""
    yield "| server | passed | failed |"
    yield "|---|---:|---|"
    tried = [_read(path) for path in paths]
    known = [each for each in tried if "cases" in each[1]]
    for config, content in sorted(
        known, key=lambda each: (len(_failed(each[1])), each[0]["impl"]["name"])
    ):
        names = "; ".join(case["name"].partition(": ")[2] for case in _failed(content))
        row = [str(config["impl"]["name"]), _score(content), names or "none"]
        yield f"| {' | '.join(one_line(t).replace('|', chr(92) + '|') for t in row)} |"


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the configuration of a server, and the result of its trial."""
    try:
        content = json.loads(path.read_text())
        config = yaml.safe_load((path.parent / CONFIG).read_text())
        is_whole = "not_tried" in content or all(
            case["passed"] in (True, False) for case in content["cases"]
        )
        if not is_whole:
            raise ValueError("it is not whole")
        str(config["impl"]["name"] + config["page"]["name"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise CellError(f"{path} is no result of conformance: {error}") from None
    return config, content


def _failed(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [case for case in content["cases"] if not case["passed"]]


def _score(content: dict[str, Any]) -> str:
    cases = len(content["cases"])
    return f"{cases - len(_failed(content))} of {cases}"
