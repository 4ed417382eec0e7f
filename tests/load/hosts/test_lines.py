"""Lines of JSON between two processes."""

from __future__ import annotations

import os

import pytest

from load.hosts.lines import ClosedError, Lines


def test_lines_come_as_they_were_sent() -> None:
    read_end, write_end = os.pipe()
    lines = Lines(read_end, write_end)
    os.write(write_end, b"Welcome to this host!\n[1]\n")
    lines.send({"call": "clock"})
    os.write(write_end, b'{"half": ')
    assert lines.receive(1) == {"call": "clock"}
    assert lines.receive(0) is None
    os.write(write_end, b"true}\n")
    assert lines.receive(1) == {"half": True}
    lines.send({"last": 1})
    os.close(write_end)
    assert lines.receive(1) == {"last": 1}
    with pytest.raises(ClosedError):
        lines.receive(1)
    os.close(read_end)


def test_nobody_reads_any_more() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with pytest.raises(ClosedError):
        Lines(0, write_end).send({})
    os.close(write_end)
