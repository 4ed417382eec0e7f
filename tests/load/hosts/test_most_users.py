"""How many users the limits of several hosts allow."""

from __future__ import annotations

from load.many_hosts import _most_users


def test_a_host_that_takes_fewer_users_bounds_them_all() -> None:
    """They have equal shares: with more it would be full before the others."""
    told = [{"most_users": most} for most in (5000, 1000, 300)]
    assert _most_users("auto", told) == 600
    told[0]["most_users"] = 500
    assert _most_users("auto", told) == 500
    assert _most_users(7, told) == 7
