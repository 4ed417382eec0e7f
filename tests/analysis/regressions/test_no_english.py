"""No English word is left in what may be said of two sets of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from analysis.regressions.compare import Comparison
from analysis.regressions.markdown import body
from analysis.regressions.results import NO_RECORD, Run
from analysis.rows.conformance import Tried
from analysis.texts import speaking
from conformance.cases.chosen import CHOSEN, title
from tests.analysis.english import OTHERS, shown, words
from tests.analysis.regressions.made import FAST, SLOW, against, lacking, other, runs
from tests.analysis.regressions.test_conformance import KNOWN, tried
from tests.analysis.regressions.test_formats import everything
from tests.analysis.regressions.test_verdicts import PAGES, served

MADE_UP = ("new", "old", "gone", "few", "same", "faster")


def otherwise(head: list[Run], **changed: Any) -> list[Run]:
    """Return runs of which something else is known."""
    for each in head:
        each.cell.result["provenance"] |= changed
    return head


def compared() -> Iterable[Comparison]:
    """Yield comparisons with all that may be said of two sides."""
    yield everything()
    for base, head, _ in PAGES.values():
        yield against(served(SLOW, *base), served(FAST, *head))
        yield against(served(SLOW, *head), served(FAST, *base))
    various = [(9, "a"), (8, "b")]
    yield against(served(SLOW, *various), served(FAST, *various, (7, "c")))
    host = {"kernel": "X", "cpu_model": "Y", "cpus": 9, "memory_bytes": 2**40}
    elsewhere = otherwise(
        runs(SLOW, host=host), cores={"server": [1, 2, 3], "locust": [4, 5]}
    )
    for each in elsewhere:
        each.cell.result["machine"] = {"quota_cores": 2.0}
    yield against(runs(FAST), elsewhere)
    slow = runs(SLOW)
    base = runs(FAST)
    for each, ms in [
        *((each, 10.0) for each in base),
        *((each, 90.0) for each in slow),
    ]:
        each.cell.result["machine"] = {"speed_ms": {"before": ms, "after": ms}}
    yield against(base, slow)
    nothing = {"figures": {"success_average_ms": None}}
    yield against(runs(FAST, **nothing), runs(SLOW, **nothing))
    yield against(runs(FAST), runs(SLOW, **nothing))
    yield against(runs(FAST), runs(FAST))
    yield against(runs(FAST), [lacking("not measured", NO_RECORD)])
    yield against(runs((90.0,) * 3), runs((240.0,) * 3))
    yield against(runs(FAST), runs([each * 0.97 for each in FAST]))
    yield against(runs(FAST * 2), runs(SLOW * 2))
    yield against(runs(FAST), runs(FAST, "single"))
    mixed = [*runs(FAST[:3]), *runs(SLOW[:3], code__server="edited")]
    yield against(runs(other(FAST)), mixed)
    for changed in (
        *({"host": {}}, {"load__timeout_s": 5.0}, {"page__name": "rendered"}),
        *({"code__runner": "x"}, {"impl__command": "x"}, {"load__retries": 3}),
    ):
        yield against(runs(FAST), runs(SLOW, **changed))
    yield against(runs(FAST), otherwise(runs(SLOW), versions={"locust": "9"}))
    names = [f"I{n}" for n in range(20)]
    yield against(
        [each for name in names for each in runs(FAST, name)],
        [each for name in names for each in runs(other(FAST), name)],
    )


def conforming() -> Iterable[Comparison]:
    """Yield how servers conform on both sides, with the names of all cases."""
    for base, head, *_ in KNOWN.values():
        yield against(tried(base, runs(FAST)), tried(head, runs(other(FAST))))
    cases = [(title(case), "GET /") for case in CHOSEN.values()]
    good, bad = (Tried(dict.fromkeys(cases, passed)) for passed in (True, False))
    yield against(tried(good, runs(FAST)), tried(bad, runs(other(FAST))))
    two = [*tried(good, runs(FAST)), *tried(good, runs(FAST, "single"))]
    yield against(two, two)


SAID: dict[str, Callable[[], Iterable[Comparison]]] = {
    "compared": compared,
    "conforming": conforming,
}


@pytest.mark.parametrize("into", OTHERS)
@pytest.mark.parametrize("name", SAID)
def test_no_word_of_a_comparison_is_english(name: str, into: str) -> None:
    with speaking(into):
        said = [text for of in SAID[name]() for text in shown("\n".join(body(of)))]
    assert len(said) > 10
    assert {text: left for text in said if (left := words(text, MADE_UP))} == {}
