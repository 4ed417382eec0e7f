"""A gate, from the commit that it is given to what it has found.

Rules of this module:
- `outputs/gate/` is emptied first. What is in it afterwards is of this gate.
- Nothing else is measured into `outputs/` meanwhile.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conf.compose.choices import quoted
from conf.errors import MatrixError
from conf.plan.plan import code_of
from conf.plan.request import LOOPBACK, NETWORK, no_link
from conf.plan.turn import NAME, try_lock
from conf.surroundings import prepare
from contract.settings import AUTO
from gate.base import base_tree, other_requirements
from gate.comparing import Comparison, compare, compare_together
from gate.decision import suspects
from gate.errors import GateError
from gate.findings import Findings
from gate.git import commit_of, is_dirty
from gate.measuring import Measuring
from gate.request import Request
from gate.sides import BASE, HEAD, Pair, Side, pairs, planned
from gate.trying import try_servers
from gate.unpaired import impls, known, not_comparable, notes
from load.host.environment import let_no_python_be_told
from load.network.trial import refused, unavailable
from pipeline import ANALYSIS

OUTPUTS = Path("outputs")
GATE = OUTPUTS / "gate"
AGAIN, BOTH = GATE / "again", GATE / "both"  # the second measurement, and all runs


def run(root: Path, request: Request) -> Findings:
    """Carry a gate out in the checkout `root`; raise `GateError` if that is impossible.

    What it has found is not written yet.
    """
    try:
        prepare(sys.executable, root)
        analysis = code_of(ANALYSIS, root)
    except MatrixError as error:
        raise GateError(str(error)) from None
    let_no_python_be_told()
    commits = {name: commit_of(root, ref) for name, ref in _refs(request).items()}
    network = _Network(unavailable())
    head = planned(HEAD, root, request.settings, network.auto)
    network.check(head)
    tree_of_base = base_tree(root, request.base, commits[BASE])
    with _only_one(root / OUTPUTS), tree_of_base as tree:
        base = _planned_base(tree, head, request, network.auto)
        network.check(base)
        _empty(root / GATE)
        chosen = pairs(base, head)
        said = [*network.notes(request), *_notes(root, tree), *notes(base, head)]
        _announce(commits, said, chosen, request.seed)
        sides = {BASE: base, HEAD: head}
        first = Measuring(root, GATE, sides, analysis, "")
        measured, untried = measured_twice(first, chosen, request)
    alone = not_comparable(base, head, chosen)
    return Findings(commits, said, request, alone, measured, untried)


def _refs(request: Request) -> dict[str, str]:
    return {BASE: request.base, HEAD: "HEAD"}


@contextlib.contextmanager
def _only_one(outputs: Path) -> Iterator[None]:
    """Keep studies and other gates from `outputs`, or raise `GateError`."""
    path = outputs / NAME
    outputs.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        if not try_lock(lock.fileno(), path):
            raise GateError(
                f"a study or another gate is running in {outputs}: wait for its end"
            )
        yield


@dataclass(frozen=True)
class _Network:
    """What the networks of cells need here. `why` there are no namespaces, if so."""

    why: str | None

    @property
    def auto(self) -> str:
        """The network that auto stands for."""
        return LOOPBACK if self.why else NETWORK

    def check(self, side: Side) -> None:
        """Raise `GateError` for a network that can't be had."""
        networks = (cell["network"] for cell in side.cells.values())
        if impossible := refused(networks, self.why):
            raise GateError(impossible)

    def notes(self, request: Request) -> Iterator[str]:
        if self.why and request.settings.get("network", AUTO) == AUTO:
            yield no_link(self.why)


def _empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _planned_base(tree: Path, head: Side, request: Request, auto: str) -> Side:
    """Return the base with the head's implementations, as far as it has them."""
    if not (names := known(impls(head), tree)):
        return Side(BASE, tree, {}, {})
    asked = {**request.settings, "impl": ",".join(map(quoted, names))}
    try:
        return planned(BASE, tree, asked, auto)
    except GateError as error:
        raise GateError(
            f"{error} (the plan is this checkout's: base={request.base} may be too old)"
        ) from None


def _notes(root: Path, tree: Path) -> Iterator[str]:
    """Yield what a reader of the result has to know about the sides."""
    if is_dirty(root):
        yield "the head has changes that are not committed: they are measured, too"
    if other_requirements(root, tree):
        yield (
            "requirements.txt differs: both sides run with the packages that are "
            "installed here, so a change of packages is not measured"
        )


def _announce(
    commits: Mapping[str, str], said: Sequence[str], chosen: Sequence[Pair], seed: int
) -> None:
    base, head = (commits[name][:12] for name in (BASE, HEAD))
    _say(f"base {base}, head {head}: {2 * len(chosen)} runs in turns, seed {seed}")
    for note in said:
        _say(note)


def measured_twice(
    first: Measuring, chosen: Sequence[Pair], request: Request
) -> tuple[list[Comparison], list[str]]:
    """Measure, and once more what looks worse; return what is found each time.

    With it, return a line for each server that could not be tried for conformance.
    """
    if not chosen:
        return [], []
    first.measure(chosen, request.seed)
    untried = try_servers(first, chosen)
    compared = compare(first, chosen, request.least)
    if not (doubtful := suspects(compared.rows)):
        return [compared], untried
    names = dict.fromkeys(str(row["label"]) for row in doubtful)
    _say(f"measured once more, since it looks worse: {', '.join(names)}")
    rows = {row["row"] for row in doubtful}
    picked = [pair for pair in chosen if pair.row in rows]
    again = first.once_more(AGAIN, "once more, ")
    again.measure(picked, request.seed + 1)
    second = compare(again, picked, request.least)
    both = compare_together(BOTH, [first, again], picked, request.least)
    return [compared, second, both], untried


def _say(text: str) -> None:
    print(f"firstfail: {text}", file=sys.stderr, flush=True)
