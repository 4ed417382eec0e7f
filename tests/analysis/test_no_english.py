"""No English word is left in what tables and verdicts may say.

Kept records are of few kinds of runs. Here they are made by hand, one for each text
that depends on what came about: `tests/analysis/english.py` says which words stay.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis.diagnosis.account import account
from analysis.diagnosis.causes import cause
from analysis.diagnosis.verdict import verdict
from analysis.limits import BOTH, LIMITS, PARTS
from analysis.record.ending import why
from analysis.record.possible import Possible
from analysis.rows.cells import Cell, Conformance
from analysis.rows.groups import grouped
from analysis.rows.unmeasured import KINDS, Unmeasured, footnote
from analysis.tables import switches
from analysis.tables.comparison import markdown
from analysis.tables.idle import lines
from analysis.tables.idle import markdown as idle_markdown
from analysis.tables.notes import warning
from analysis.tables.ranking import markdown as ranking_markdown
from analysis.tables.ranking import ranking
from analysis.texts import speaking
from analysis.translation import translated
from contract import failures, stops
from tests.analysis.conftest import HOST, config
from tests.analysis.english import OTHERS, shown, words
from tests.analysis.known import READ, divided, known
from tests.analysis.record.test_capacity import capacity
from tests.analysis.rows.test_repeats import run
from tests.analysis.tables.test_day import on
from tests.analysis.tables.test_idle import SHORT, SWEPT, made

OUTSIDE = [name for name, limit in LIMITS.items() if limit.side == "outside"]
# Texts of failures, some with details: `tests/test_failures.py` has all of them.
FAILURES = [
    *("timed out connecting", "timed out reading", "timed out sending"),
    *("Connection refused connecting", "Connection reset by peer", "HTTP 503"),
    *("no response", "short body: 9 bytes of 14,939", "slower than 500 ms"),
    *("short body: closed before its last chunk", "wrong body: 5 bytes for 14,939"),
    *("bad response: no colon in line 3 of its head", failures.NO_ANSWER),
    *(failures.CUT_ANSWER, "bad answer: more than a line", "answer: NO"),
    *("not sent: 100 requests of this user were waiting", failures.NO_PORT),
    failures.NO_FILE[0],
]
Said = Iterable[str]


def ended(rule: str, outcome: str, reason: str, **more: Any) -> list[Cell]:
    """Return three runs that ended so."""
    failed = outcome in (stops.FAILED, stops.STRAY)
    reached = failed if rule == stops.FIRST_FAILURE else None
    cells = [
        run(
            repeat,
            failed="timed out reading" if failed else None,
            figures={"outcome": outcome, "reached": reached, "onset_users": 9},
            **more,
        )
        for repeat in (1, 2, 3)
    ]
    for cell in cells:
        cell.result["stopped"] = {"reason": reason}
        first = {"cause": "reset by the server", "sent_users": 7}
        cell.result["first_failure"] = first if failed else None
    return cells


def outcomes(rule: str, **more: Any) -> Said:
    """Yield a table for each way in which runs of a rule may end."""
    for (of, reason), outcome in stops.OUTCOMES.items():
        if of == rule:
            cells = ended(rule, outcome, reason, **more)
            yield markdown(cells[0].experiment, cells)
            yield markdown(cells[0].experiment, [*cells, run(1, impl="single", **more)])


def failed() -> Said:
    yield from (markdown("first_fail", [run(1, failed=text)]) for text in FAILURES)


def limited() -> Said:
    """Yield what is said of rows that all have a limit, or two."""
    for limit in [*OUTSIDE, *map(BOTH.join, itertools.permutations(OUTSIDE, 2))]:
        told = {"limit": limit, "because": "no request was sent"}
        rows = [run(1, impl=impl, limited=told) for impl in ("select", "single")]
        yield "\n".join(warning(grouped(rows)))
    for limit in LIMITS:
        told = {"limit": limit, "because": "no request was sent"}
        cells = [run(1), run(2, limited=told), run(3, limited=told)]
        yield markdown("first_fail", cells)


def day() -> Said:
    """Yield what a machine's day may say, of all rows and of some."""
    governors = {"0": "performance", "1": "Slow"}
    told: list[dict[str, Any]] = [
        {"before": 50.0, "governors": governors, "quota_cores": 0.5, "stolen": 0.3},
        {"quota_cores": 1.0, "others": [{"name": "Xorg", "cores": 0.6}]},
        {"governors": {"0": "Fast"}},
    ]
    for rows in (told[:1], told):
        cells = [
            on(impl, **facts)
            for impl, facts in zip(("select", "poll", "single"), rows, strict=False)
        ]
        shares = {"h1": {"share": 0.1}, "h2": {"share": 0.9}}
        cells[0].result["provenance"]["hosts"] = shares
        yield markdown("first_fail", cells)


def machines() -> Said:
    """Yield tables of several machines, whether they say so or not."""
    cells = []
    for machine in ("here", "Abc", "12"):
        of = run(1, machine=machine, host={**HOST, "cpu_model": f"{machine} @ 2 GHz"})
        of.result["provenance"]["versions"] = {"python": "3.13.0"}
        cells.append(of)
    cells[0].result["provenance"]["host"]["cpu_model"] = "AMD"
    yield markdown("first_fail", cells)
    for own in cells:
        yield ranking_markdown(ranking([own], []), [own], own.config["machine"])
    yield markdown(
        "first_fail", [run(1), run(1, impl="single", host={"kernel": "X", "cpus": 9})]
    )


def signs() -> Said:
    """Yield tables with each note that depends on the server."""
    cell = replace(run(1), conformance=Conformance(31, 45))
    cell.result.update(bare_lf=True, little={"suspect": True})
    cell.result["evidence"] = {"server": {"backlog": 64}}
    yield markdown("first_fail", [cell])
    yield ranking_markdown(ranking([cell], []), [cell])
    near = [replace(capacity("select", 490), ceiling_rps=500.0)]
    yield markdown("capacity", near)
    yield markdown("capacity", [*near, capacity("single", 400)])
    cells = [Unmeasured(config(), kind, "HTTP 404") for kind in KINDS]
    yield "\n".join(footnote(cells))
    yield switches.markdown(pd.DataFrame())


def idle() -> Said:
    unclear = [made(idle=n, open_=n // 2, limit="unclear") for n in (0, 2000)]
    for cells in (SWEPT, SHORT, unclear):
        yield idle_markdown(cells, lines(cells))
        yield markdown("burst", cells)
    yield markdown("burst", SHORT[1:])
    repeats = [made(idle=9, repeat=n, key=str(n), open_=n) for n in (1, 4)]
    yield markdown("burst", [made(), *repeats])


def ends() -> Said:
    """Yield why a run of each rule has ended."""
    for (rule, reason), outcome in stops.OUTCOMES.items():
        for users in ("auto", 9):
            row: Any = SimpleNamespace(
                **{"outcome": outcome, "users": 9, "requests": 9, "first_failure_s": 1},
                **{"onset_s": 2.0 if reason == stops.ONSET else None},
                **{"first_failure": "timed out reading"},
                **{"knee_users": 9 if rule == stops.CAPACITY else None},
            )
            yield translated(why(row, config(users=users), reason))


def causes() -> Said:
    evidence = [
        known(server__overflows=3),
        known(server__resets_sent=3),
        known(server__crashed="X"),
        known(network__loss_percent=1.0),
    ]
    waits: list[dict[str, float]] = [{}, *({part: 1.0} for part in PARTS)]
    for e, error, waited in itertools.product(evidence, FAILURES, waits):
        yield translated(cause(error, e, waited))


def verdicts() -> Said:
    for part in PARTS:
        waited = divided(**{part.replace("-", "_"): 1.0})
        waited.slices[list(READ)] = 0.04
        waited.full_s[part] = 0.0
        yield translated(account(waited))
        waited.slices[list(READ)] = 0.9
        yield translated(account(waited))
    possible: Any = Possible(requests=9, rps=10.0, share=0.99)
    idle = {"server__idle_open": 90, "server__idle_asked": 99}
    for e in (
        known(),
        known(users__page_wait_s=0.1),
        known(users__mean_users=None),
        known(users__mean_users=1.0),
        known(failure=failures.NO_PORT),
        known(failure=failures.NO_FILE[0]),
        known(server__most_workers=1, **idle),
        known(server__workers=100, server__most_workers=100, **idle),
        known(server__descriptors=100, server__most_descriptors=100, **idle),
    ):
        yield translated(verdict(e, None, possible).because)
    yield translated(verdict(known(), None, None).because)


MARKDOWN: dict[str, Callable[[], Said]] = {
    "first failures": lambda: outcomes(stops.FIRST_FAILURE),
    "bursts": lambda: outcomes(stops.REQUESTS, experiment="burst"),
    **{of.__name__: of for of in (failed, limited, day, machines, signs, idle)},
}
SENTENCES: dict[str, Callable[[], Said]] = {
    of.__name__: of for of in (ends, causes, verdicts)
}
MADE_UP = (*("it was busy", "it was full", "of it", "Slow", "Fast", "Xorg", "Abc"),)


@pytest.mark.parametrize("into", OTHERS)
@pytest.mark.parametrize("name", MARKDOWN)
def test_no_word_of_a_table_is_english(name: str, into: str) -> None:
    with speaking(into):
        said = [text for table in MARKDOWN[name]() for text in shown(table)]
    assert len(said) > 10
    assert {text: left for text in said if (left := words(text, MADE_UP))} == {}


@pytest.mark.parametrize("into", OTHERS)
@pytest.mark.parametrize("name", SENTENCES)
def test_no_word_of_a_sentence_is_english(name: str, into: str) -> None:
    with speaking(into):
        said = list(SENTENCES[name]())
    assert len(said) > 5
    assert {text: left for text in said if (left := words(text))} == {}
