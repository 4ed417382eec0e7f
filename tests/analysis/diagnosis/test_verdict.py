"""What limited a cell, by evidence and by what users waited for, made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.diagnosis.verdict import verdict
from analysis.limits import (
    LIMITS,
    PARTS,
    compared,
    is_known,
    is_outside,
    is_servers,
    limits_of,
    meaning,
)
from analysis.record.possible import Possible
from tests.analysis.known import divided, known, may_be_unknown, unknown

CPU = divided(server_cpu=1.0)
NEARLY = Possible(1000, 22.2, 0.9)
HELD = {
    **{"server__idle_open": 1016, "server__idle_asked": 2000},
    **{"server__descriptors": 1024, "server__most_descriptors": 1024},
}
NO_PORT = "Cannot assign requested address connecting"
NO_FILE = "Too many open files connecting"
ASKED = "the server took 1,016 of 2,000 idle connections"
# Evidence, its verdict, and why: whatever users waited for.
RULES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"server__crashed": "signal 11", "failure": NO_PORT, **HELD},
        "crashed",
        "the server died: signal 11",
    ),
    (
        {"failure": NO_PORT, **HELD},
        "generator-ports",
        "connections failed because no local port was left",
    ),
    (
        {"failure": NO_FILE, **HELD},
        "generator-files",
        "connections failed because Locust had no file left to open",
    ),
    (
        {"failure": "No file descriptors available connecting"},
        "generator-files",
        "connections failed because Locust had no file left to open",
    ),
    (
        {**HELD, "server__most_workers": 1},
        "server-descriptors",
        f"{ASKED}, which hold most of its 1,024 descriptors; none is left",
    ),
    (
        {**HELD, "server__descriptors": 994, "server__idle_open": 513},
        "server-descriptors",
        "the server took 513 of 2,000 idle connections, which hold most of its 1,024 "
        "descriptors; none is left",
    ),
    (
        {
            **HELD,
            "server__descriptors": 40,
            "server__most_workers": 1,
            "server__workers": 1.0,
        },
        "server-serial",
        f"{ASKED}, and it serves one client at a time",
    ),
    (
        {
            "server__idle_open": 8,
            "server__idle_asked": 50,
            "server__workers": 8.0,
            "server__most_workers": 8,
        },
        "server-workers",
        "the server took 8 of 50 idle connections, which hold most of its 8 workers; "
        "none is left",
    ),
    (
        {
            "server__idle_open": 5,
            "server__idle_asked": 50,
            "server__workers": 7.8,
            "server__most_workers": 8,
        },
        "server-workers",
        "the server took 5 of 50 idle connections, which hold most of its 8 workers; "
        "none is left",
    ),
]


@pytest.mark.parametrize("changes, limit, because", RULES)
@pytest.mark.parametrize("possible", [None, NEARLY])
def test_what_no_waiting_tells(
    changes: dict[str, Any], limit: str, because: str, possible: Possible | None
) -> None:
    for waited in (CPU, None):
        found = verdict(known(**changes), waited, possible)
        assert (found.limit, found.because) == (limit, because)


@pytest.mark.parametrize(
    "changes",
    [
        {"failure": "Connection refused connecting"},
        # All that were asked for are open, or none, or it is not known.
        {**HELD, "server__idle_open": 2000},
        {**HELD, "server__idle_open": 0},
        {**HELD, "server__idle_open": None},
        {**HELD, "server__idle_asked": None},
        # A half is no more than that; a descriptor, or a worker, is left.
        {**HELD, "server__idle_open": 512},
        {**HELD, "server__descriptors": 993},
        {**HELD, "server__most_descriptors": None},
        {
            "server__idle_open": 4,
            "server__idle_asked": 50,
            "server__workers": 8.0,
            "server__most_workers": 8,
        },
        {
            "server__idle_open": 8,
            "server__idle_asked": 50,
            "server__workers": 7.7,
            "server__most_workers": 8,
        },
        {
            "server__idle_open": 8,
            "server__idle_asked": 50,
            "server__workers": None,
            "server__most_workers": 8,
        },
        {
            "server__idle_open": 8,
            "server__idle_asked": 50,
            "server__workers": 8.0,
            "server__most_workers": None,
        },
        {
            "server__workers": 8.0,
            "server__most_workers": 8,
            "server__descriptors": 1024,
        },
    ],
)
def test_where_no_such_rule_applies_the_waiting_decides(
    changes: dict[str, Any],
) -> None:
    assert verdict(known(**changes), CPU, None).limit == "server-cpu"


@pytest.mark.parametrize(
    "share, changes, limit",
    [
        (0.9, {}, "think-time"),
        (1.2, {}, "think-time"),  # users came a moment earlier than they were to
        (0.8999, {}, "server-cpu"),
        # They got nearly all, and one of them was refused it.
        (0.99, {"failure": "HTTP 503"}, "server-cpu"),
        (0.99, {"failure": "HTTP 503", "stray": True}, "think-time"),
        (0.89, {"failure": "HTTP 503", "stray": True}, "server-cpu"),
    ],
)
def test_users_who_got_nearly_all_that_is_possible(
    share: float, changes: dict[str, Any], limit: str
) -> None:
    found = verdict(known(**changes), CPU, Possible(1000, 22.2, share))
    assert found.limit == limit


@pytest.mark.parametrize(
    "changes, because",
    [
        (
            {},
            "100 users who think for 4.5 s got 95% of the 2,222 requests a second "
            "possible with a server that answers at once; the server used 30% of its "
            "CPU",
        ),
        (
            {
                "users__page_wait_s": 0.0205,
                "server__cpu": None,
                "users__mean_users": 1234.4,
                "users__mean_think_s": 0.1,
            },
            "1,234 users who think for 0.1 s and wait 20.5 ms for a page got 95% of "
            "the 2,222 requests a second possible with a server that adds nothing to "
            "that",
        ),
        (
            {
                "users__mean_users": None,
                "server__cpu": None,
                "users__mean_think_s": 2.0,
            },
            "users who think for 2 s got 95% of the 2,222 requests a second possible "
            "with a server that answers at once",
        ),
    ],
)
def test_why_it_is_the_think_time(changes: dict[str, Any], because: str) -> None:
    found = verdict(known(**changes), CPU, Possible(99, 2222.2, 0.951))
    assert (found.limit, found.because) == ("think-time", because)


@pytest.mark.parametrize(
    "shares, limit",
    [
        ({"server_cpu": 0.51, "unclear": 0.49}, "server-cpu"),
        ({"server_cpu": 0.2, "link": 0.8}, "link"),
        ({"server_cpu": 0.67, "link": 0.33}, "server-cpu"),
        # A third lies outside of the server, in one part or in several.
        ({"server_cpu": 0.66, "link": 0.34}, "server-cpu + link"),
        (
            {"server_cpu": 0.6, "machine": 0.15, "link": 0.2, "unclear": 0.05},
            "server-cpu + link",
        ),
        ({"link": 0.6, "server_cpu": 0.2, "server_serial": 0.2}, "link"),
        # The next is nearly as great.
        ({"server_cpu": 0.55, "link": 0.45}, "server-cpu + link"),
        # None is more than half.
        ({"server_cpu": 0.5, "link": 0.5}, "server-cpu + link"),
        (
            {"server_cpu": 0.3, "accept_queue": 0.45, "unclear": 0.25},
            "accept-queue + server-cpu",
        ),
        ({"backend": 0.4, "machine": 0.35, "server_serial": 0.25}, "backend + machine"),
        # Two are the server's, and a third lies outside of it.
        (
            {"server_cpu": 0.34, "accept_queue": 0.3, "link": 0.2, "machine": 0.16},
            "server-cpu + link",
        ),
        (
            {"server_cpu": 0.36, "accept_queue": 0.32, "link": 0.16, "machine": 0.16},
            "server-cpu + accept-queue",
        ),
        # What is not known may be either.
        ({"server_cpu": 0.5, "unclear": 0.5}, "unclear"),
        ({"server_cpu": 0.2, "link": 0.39, "unclear": 0.41}, "unclear"),
        ({"unclear": 0.6, "link": 0.4}, "unclear"),
    ],
)
def test_the_greatest_part_or_the_two_greatest(
    shares: dict[str, float], limit: str
) -> None:
    found = verdict(known(), divided(**shares), None)
    assert found.limit == limit
    assert found.because.startswith("of the 100 s that users waited in all, ")


@pytest.mark.parametrize(
    "shares, possible, limit",
    [
        # What the server cost of what was possible is two thirds of what was missed.
        ({"backend": 0.7, "server_workers": 0.3}, 0.6, "backend + server-workers"),
        ({"backend": 0.75, "server_workers": 0.25}, 0.6, "backend"),
        ({"backend": 0.75, "server_workers": 0.25}, None, "backend"),
        # What lies outside of it was no server's to give.
        ({"backend": 0.7, "generator_cpu": 0.3}, 0.6, "backend"),
        ({"link": 0.7, "server_workers": 0.3}, 0.6, "link"),
    ],
)
def test_what_was_possible_has_the_backend_in_it(
    shares: dict[str, float], possible: float | None, limit: str
) -> None:
    bound = None if possible is None else Possible(100, 10.0, possible)
    assert verdict(known(), divided(**shares), bound).limit == limit


@pytest.mark.parametrize("part", PARTS)
def test_each_part_may_be_the_verdict(part: str) -> None:
    found = verdict(known(), divided(**{part.replace("-", "_"): 1.0}), None)
    assert found.limit == part
    assert LIMITS[part].waited_for in found.because


def test_what_was_not_read_proves_nothing() -> None:
    assert verdict(unknown(), divided(unclear=1.0), None).limit == "unclear"
    nothing = verdict(unknown(), None, None)
    assert (nothing.limit, nothing.because) == ("unclear", "no request was sent")


numbers = st.one_of(st.none(), st.floats(0, 1e6))
weights = st.lists(st.integers(0, 10), min_size=len(PARTS), max_size=len(PARTS))


@given(
    st.fixed_dictionaries(
        {
            name: st.one_of(st.none(), st.sampled_from([NO_PORT, "x"]))
            if "str" in kind
            else numbers
            for name, kind in may_be_unknown().items()
        }
    ),
    st.one_of(st.none(), weights.filter(any)),
    st.one_of(
        st.none(),
        st.builds(Possible, st.just(9), numbers.filter(bool), numbers.filter(bool)),
    ),
)
def test_any_evidence_has_a_verdict(
    changes: dict[str, Any], weight: list[int] | None, possible: Possible | None
) -> None:
    waited = weight and divided(
        **{
            part.replace("-", "_"): each / sum(weight)
            for part, each in zip(PARTS, weight, strict=True)
        }
    )
    found = verdict(known(**changes), waited or None, possible)
    assert is_known(found.limit)
    assert 1 <= len(limits_of(found.limit)) <= 2
    assert found.because and "\n" not in found.because


SIDES = {
    "server": "server-cpu server-serial server-workers server-descriptors accept-queue "
    "crashed",
    "outside": "link generator-cpu generator-ports generator-files machine backend "
    "think-time",
    "unknown": "unclear",
}


def test_limits_and_parts() -> None:
    assert set(LIMITS) == {name for names in SIDES.values() for name in names.split()}
    assert set(PARTS) < set(LIMITS)
    assert len(PARTS) == len(set(PARTS))
    for name, limit in LIMITS.items():
        assert limit.name == name
        assert limit.name in SIDES[limit.side].split()
        assert limit.means and limit.waited_for
        assert bool(limit.compared) == (limit.side == "outside")
        assert is_known(name)
        assert is_servers(name) == (limit.side == "server")
        assert is_outside(name) == (limit.side == "outside")
    words = [limit.means for limit in LIMITS.values()]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    "both, servers, outside",
    [
        ("server-cpu + accept-queue", True, False),
        ("server-cpu + link", False, False),
        ("link + server-cpu", False, False),
        ("link + generator-cpu", False, True),
        ("link + unclear", False, False),
    ],
)
def test_whose_two_limits_are(both: str, servers: bool, outside: bool) -> None:
    assert is_known(both)
    assert (is_servers(both), is_outside(both)) == (servers, outside)
    assert [limit.name for limit in limits_of(both)] == both.split(" + ")


@pytest.mark.parametrize(
    "other", ["", "link +", "+", "link + ", "links", None, 5, ["link"]]
)
def test_what_is_no_verdict(other: object) -> None:
    assert not is_known(other)


def test_two_limits_in_words() -> None:
    both = "link + generator-cpu"
    assert meaning(both) == (
        "the link was full, and the load generator had no CPU time left"
    )
    assert compared(both) == "the link and the load generator"
    assert meaning("link") == "the link was full"
    assert compared("link") == "the link"
