"""`python -m benchmarks.conformance`: HTTP/1.1 as servers speak it, side by side.

Tries every case that needs only bytes on every architecture of ours, and on nginx,
gunicorn and uvicorn, and prints how many each passes, and what each fails. Those of
slow clients and of clients that leave are not among them (`conformance/cases/`).

    python -m benchmarks.conformance               all of them
    python -m benchmarks.conformance select nginx  these
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.conformance.peers import PAGE, PEERS, connect, serving
from conformance.cases.case import MUST, SHOULD, Case
from conformance.cases.groups import CASES, GROUPS
from conformance.client import observe
from servers.__main__ import architectures
from servers.command_line.options import Parser

Seen = tuple[str, bool]
WAIT_S = 3.0  # for an answer, before a connection is said to be open
AT_ONCE = 8  # cases; a server that takes one client after another lets others wait


def try_all(port: int, wait_s: float = WAIT_S) -> list[Seen]:
    """Return what was seen of each case, by the server that listens at `port`."""
    page = PAGE.read_bytes()

    def attempt(case: Case) -> Seen:
        try:
            connection = connect(port, wait_s)
        except OSError:
            return "no connection", False
        with connection:
            return observe(case, connection, page)[:2]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(attempt, CASES))


def _passed(seen: list[Seen], level: str) -> int:
    pairs = zip(CASES, seen, strict=True)
    return sum(good for case, (_, good) in pairs if case.level == level)


def _scores(results: dict[str, list[Seen]]) -> None:
    """Print a row for each server."""
    cases = [sum(case.level == level for case in CASES) for level in (MUST, SHOULD)]
    print("| server | MUST | SHOULD | all |\n|---|---:|---:|---:|")
    print(f"| *cases* | *{cases[0]}* | *{cases[1]}* | *{len(CASES)}* |")
    for name, seen in results.items():
        must, should = (_passed(seen, level) for level in (MUST, SHOULD))
        print(f"| {name} | {must} | {should} | {must + should} |")


def _groups(results: dict[str, list[Seen]]) -> None:
    """Print a row for each group of cases; ours are one column, the least of them."""
    columns: dict[str, list[list[Seen]]] = {}
    for name, seen in results.items():
        columns.setdefault(name if name in PEERS else "ours, at least", []).append(seen)
    print("\n| group | cases |" + "".join(f" {name} |" for name in columns))
    print("|---|---:|" + "---:|" * len(columns))
    start = 0
    for group, cases in GROUPS.items():
        end = start + len(cases)
        passed = [
            min(sum(good for _, good in seen[start:end]) for seen in column)
            for column in columns.values()
        ]
        print(f"| {group} | {len(cases)} |" + "".join(f" {n} |" for n in passed))
        start = end


def _failures(name: str, seen: list[Seen]) -> None:
    failed = [
        (c, line) for c, (line, good) in zip(CASES, seen, strict=True) if not good
    ]
    if not failed:
        return
    must = sum(case.level == MUST for case, _ in failed)
    print(f"\n{name} fails {len(failed)}, of these {must} of MUST.\n")
    print("| case | section | level | seen |\n|---|---|---|---|")
    for case, line in failed:
        print(f"| {case.name} | {case.section} | {case.level} | {line} |")


def main() -> int:
    known = [*architectures(), *PEERS]
    parser = Parser(prog="python -m benchmarks.conformance")
    parser.add_argument("servers", nargs="*", metavar="server", help=", ".join(known))
    asked = parser.parse_args().servers or known
    if unknown := [name for name in asked if name not in known]:
        parser.error(f"{unknown[0]}: not among {', '.join(known)}")
    results = {}
    for name in asked:
        print(f"trying {name}", file=sys.stderr)
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(name, Path(folder)) as port,
        ):
            results[name] = try_all(port)
    _scores(results)
    _groups(results)
    for name, seen in results.items():
        _failures(name, seen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
