"""How many users the limit on open files allows."""

from __future__ import annotations

import resource

import pytest

from load.errors import CellError
from load.host.limits import FILES, limit_open_files, most_users


@pytest.mark.parametrize(
    "hard, users, idle, expected",
    [
        (1024, 500, 0, 500),
        (1024, 5000, 0, 5000),  # whether that can be is another question
        (1024, "auto", 0, 824),
        (1024, "auto", 100, 724),
        (2**30, "auto", 0, 1_000_000),
        (resource.RLIM_INFINITY, "auto", 0, 1_000_000),
    ],
)
def test_as_many_users_as_open_files_allow(
    monkeypatch: pytest.MonkeyPatch,
    hard: int,
    users: int | str,
    idle: int,
    expected: int,
) -> None:
    monkeypatch.setattr("load.host.limits.resource.getrlimit", lambda _: (256, hard))
    assert most_users(users, idle) == expected


def test_no_open_files_for_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.host.limits.resource.getrlimit", lambda _: (64, 210))
    assert most_users("auto") == 10
    with pytest.raises(CellError) as caught:
        most_users("auto", idle=10)
    said = "users=auto: the hard limit of 210 open files leaves none for users"
    assert str(caught.value) == f"{said}: raise it (ulimit -Hn 1210)"


@pytest.mark.parametrize(
    "hard, users, expected",
    [
        (1024, 500, 1024),
        (300, 500, 700),  # root may
        (2 * FILES, 500, FILES),
        (2 * FILES, FILES, FILES + 200),
        (resource.RLIM_INFINITY, 500, FILES),
    ],
)
@pytest.mark.parametrize("soft", [256, None], ids=["low", "hard"])
def test_a_run_has_the_same_limit_in_any_shell(
    monkeypatch: pytest.MonkeyPatch,
    soft: int | None,
    hard: int,
    users: int,
    expected: int,
) -> None:
    limits, soft = [], soft or hard
    monkeypatch.setattr("load.host.limits.resource.getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(
        "load.host.limits.resource.setrlimit", lambda _, both: limits.append(both)
    )
    limit_open_files(users)
    assert limits == [(expected, max(hard, expected) if hard > 0 else hard)]
